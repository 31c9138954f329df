"""Clips: the frames that they show, at the pace of the footage, in a form that browsers play."""

import math
from dataclasses import replace

import av
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_set import walkers

from stages.common.drawing.drawing import ALARM, CURVE_HEIGHT, colour_of, draw_objects, scale_for, strip
from stages.common.tables.schemas import BOX
from stages.report.clips import Scored, make_pictures, spans_of, write_clip

FRAMES = 30
OBJECTS = pd.DataFrame({"frame": range(FRAMES), "x1": 20.0, "y1": 15.0, "x2": 50.0, "y2": 45.0, "score": 5.0})


@pytest.fixture
def scored() -> Scored:
    return Scored(
        scores=np.linspace(0, 5, FRAMES),
        seconds=np.arange(FRAMES + 1) / 10,
        anomalous=np.arange(FRAMES) > 20,
        objects=OBJECTS,
        regions=OBJECTS[["frame", *BOX]].iloc[21:],
        events=pd.DataFrame({"first_frame": [20], "peak_frame": [25], "box_frame": [25]}).assign(
            **OBJECTS.loc[25, BOX].astype(float)
        ),
        spans=[(5, 14), (20, 29)],
        low=0.0,
        least=3.0,
        span=(0.0, 6.0),
    )


def decoded(path) -> tuple[list[np.ndarray], np.ndarray]:
    """Frames, BGR, and the seconds at which they are shown."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        frames = list(container.decode(video=0))
    return [frame.to_ndarray(format="bgr24") for frame in frames], np.array([frame.time for frame in frames])


@given(
    st.lists(st.tuples(st.floats(0, 9.9), st.floats(0, 3)), max_size=5),
    st.floats(0, 2),
    st.lists(st.floats(0.01, 0.5), min_size=2, max_size=40),
)
def test_clips_show_every_moment_once_and_its_margin(moments, margin, lengths):
    seconds = np.append(0.0, np.cumsum(lengths))
    moments = [(begin, min(seconds[-1], begin + length)) for begin, length in moments if begin < seconds[-2]]
    spans = spans_of(moments, seconds, margin)
    shown = np.zeros(len(lengths), int)
    for first, last in spans:
        assert first <= last
        shown[first : last + 1] += 1
    assert shown.max(initial=0) <= 1 and spans == sorted(spans)
    for begin, end in moments:
        wanted = (seconds[1:] > begin - margin + 1e-5) & (seconds[:-1] < end + margin - 1e-5)
        assert shown[wanted].all()


def test_a_clip_has_the_frames_and_the_pace_of_the_footage(tmp_path, scored):
    frames = walkers(FRAMES, 72, 96)
    seconds = np.cumsum(np.append(0.0, np.where(np.arange(FRAMES) % 3 == 0, 0.3, 0.05)))
    write_clip(tmp_path / "clip.mp4", frames, 5, 24, replace(scored, seconds=seconds))
    pictures, times = decoded(tmp_path / "clip.mp4")
    np.testing.assert_allclose(times, seconds[5:25] - seconds[5], atol=1e-3)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        assert container.duration / 1e6 == pytest.approx(seconds[25] - seconds[5], abs=0.02)
    plain = pd.DataFrame(columns=OBJECTS.columns).astype(float)
    for place in (0, 7, 19):
        own = OBJECTS[OBJECTS["frame"] == 5 + place]
        with_box = draw_objects(frames[5 + place], own, plain if place < 16 else own, 0.0, 3.0)
        shown = pictures[place][:-CURVE_HEIGHT].astype(int)
        assert np.abs(shown - with_box).mean() < 8
        assert (
            np.abs(shown - with_box).mean() < np.abs(shown - draw_objects(frames[4 + place], own, plain, 0, 3)).mean()
        )


def test_the_beginning_of_the_file_says_how_to_play_it(tmp_path, scored):
    write_clip(tmp_path / "clip.mp4", walkers(FRAMES), 0, FRAMES - 1, scored)
    content = (tmp_path / "clip.mp4").read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize(
    "height, width, grey", [(71, 95, False), (72, 96, True), (33, 801, True), (1080, 30, False), (9, 7, True)]
)
def test_any_size_can_be_played(tmp_path, scored, height, width, grey):
    frames = np.random.default_rng(0).integers(0, 255, (2, height, width, 3)).astype(np.uint8)
    write_clip(tmp_path / "clip.mp4", frames[..., 0] if grey else frames, 0, 1, scored)
    pictures, _ = decoded(tmp_path / "clip.mp4")
    assert len(pictures) == 2 and pictures[0].shape[0] % 2 == pictures[0].shape[1] % 2 == 0


def test_a_clip_of_one_frame_without_objects_can_be_played(tmp_path, scored):
    alone = replace(scored, objects=OBJECTS[:0], regions=OBJECTS[:0], least=math.inf)
    write_clip(tmp_path / "clip.mp4", walkers(FRAMES), 3, 3, alone)
    assert len(decoded(tmp_path / "clip.mp4")[0]) == 1


def test_the_same_scores_give_the_same_bytes(tmp_path, scored):
    np.save(tmp_path / "a.npy", walkers(FRAMES))
    made = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        make_pictures(tmp_path / "a.npy", "a", scored, folder)
        made.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert made[0] == made[1]
    assert set(made[0]) == {"a_5.mp4", "a_20.mp4", "a_20_scene.jpg", "a_20_strip.jpg"}


def test_all_that_is_drawn_is_in_the_hash(scored):
    others = [
        replace(scored, scores=scored.scores + 1),
        replace(scored, seconds=scored.seconds * 2),
        replace(scored, anomalous=~scored.anomalous),
        replace(scored, objects=OBJECTS.assign(score=4.0)),
        replace(scored, regions=scored.regions[1:]),
        replace(scored, events=scored.events[:0]),
        replace(scored, spans=[(5, 14)]),
        replace(scored, low=0.5),
        replace(scored, least=3.5),
        replace(scored, span=(0.0, 7.0)),
    ]
    assert len({one.hash() for one in [scored, replace(scored), *others]}) == len(others) + 1


def test_boxes_are_red_from_the_threshold_on_and_only_then():
    frame = np.full((60, 80, 3), 128, np.uint8)
    for score, red in ((2.9, False), (3.0, True)):
        picture = draw_objects(frame, OBJECTS[:1].assign(score=score), OBJECTS[:0], 0.0, 3.0)
        assert (picture == ALARM).all(axis=2).any() == red
    assert colour_of(9.0, 0.0, math.inf) == colour_of(0.0, 0.0, 3.0)


@pytest.mark.parametrize(
    "height, width", [(1, 1), (30, 40), (240, 360), (576, 768), (720, 1280), (2160, 3840), (1920, 1080)]
)
def test_clips_are_about_as_large_as_a_page(height, width):
    scale = scale_for(height, width)
    assert width * scale <= 900 and height * scale <= 1200
    assert width * scale >= 600 or height * scale >= 1000


def test_a_strip_shows_the_same_place_in_each_of_its_moments():
    frames = np.zeros((9, 40, 60), np.uint8)
    frames[4, 10:30, 20:30] = 255
    pictures = np.split(strip(frames, 4, np.array([20, 10, 30, 30]), 2, count=5, side=60), 5, axis=1)
    lit = [int(picture[20:40, 25:35].mean()) for picture in pictures]
    assert lit == [0, 0, 255, 0, 0]
    assert strip(frames, 0, np.array([-5, -5, 3, 3]), 4).shape == (88, 440, 3)
