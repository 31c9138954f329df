"""Clips: the frames that they show, at the pace of the footage, in a form that browsers play."""

import math
from dataclasses import replace

import av
import numpy as np
import pandas as pd
import pytest
from helpers import store_frames
from hypothesis import given
from hypothesis import strategies as st
from small_set import walkers

from stages.common.drawing.boxes import scored_frame
from stages.common.drawing.curve import HEIGHT, SHADE
from stages.common.tables.schemas import BOX
from stages.report.clips import Scored, annotated, clips_around, make_pictures, write_clip

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
        events=pd.DataFrame({"first_frame": [20], "peak_frame": [25], "track": [3]}).assign(
            **OBJECTS.loc[25, BOX].astype(float)
        ),
        clips=[(5, 14), (20, 29)],
        spans=np.array([[0, FRAMES]]),
        usual=0.0,
        threshold=3.0,
        score_range=(0.0, 6.0),
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
    clips = clips_around(moments, seconds, margin)
    shown = np.zeros(len(lengths), int)
    for first, last in clips:
        assert first <= last
        shown[first : last + 1] += 1
    assert shown.max(initial=0) <= 1 and clips == sorted(clips)
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
        here = OBJECTS[OBJECTS["frame"] == 5 + place]
        with_box = scored_frame(frames[5 + place], here, plain if place < 16 else here, 0.0, 3.0)
        shown = pictures[place][:-HEIGHT].astype(int)
        assert np.abs(shown - with_box).mean() < 8
        assert (
            np.abs(shown - with_box).mean() < np.abs(shown - scored_frame(frames[4 + place], here, plain, 0, 3)).mean()
        )


@pytest.mark.parametrize(
    "height, width, grey", [(71, 95, False), (72, 96, True), (33, 801, True), (1080, 30, False), (9, 7, True)]
)
def test_any_size_can_be_played(tmp_path, scored, height, width, grey):
    frames = np.random.default_rng(0).integers(0, 255, (2, height, width, 3)).astype(np.uint8)
    write_clip(tmp_path / "clip.mp4", frames[..., 0] if grey else frames, 0, 1, scored)
    pictures, _ = decoded(tmp_path / "clip.mp4")
    assert len(pictures) == 2 and pictures[0].shape[0] % 2 == pictures[0].shape[1] % 2 == 0


def test_a_clip_of_one_frame_without_objects_can_be_played(tmp_path, scored):
    alone = replace(scored, objects=OBJECTS[:0], regions=OBJECTS[:0], threshold=math.inf)
    write_clip(tmp_path / "clip.mp4", walkers(FRAMES), 3, 3, alone)
    assert len(decoded(tmp_path / "clip.mp4")[0]) == 1


def test_the_same_scores_give_the_same_bytes(tmp_path, scored):
    frames, found = store_frames(tmp_path / "frames", a=walkers(FRAMES)), []
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        make_pictures(frames, "a", scored, folder)
        found.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert found[0] == found[1]
    assert set(found[0]) == {"a_5.mp4", "a_20.mp4", "a_20_3_scene.jpg", "a_20_3_strip.jpg"}


def test_all_that_is_drawn_is_in_the_hash(scored):
    others = [
        replace(scored, scores=scored.scores + 1),
        replace(scored, seconds=scored.seconds * 2),
        replace(scored, anomalous=~scored.anomalous),
        replace(scored, objects=OBJECTS.assign(score=4.0)),
        replace(scored, regions=scored.regions[1:]),
        replace(scored, events=scored.events[:0]),
        replace(scored, clips=[(5, 14)]),
        replace(scored, spans=scored.spans + 1),
        replace(scored, usual=0.5),
        replace(scored, threshold=3.5),
        replace(scored, score_range=(0.0, 7.0)),
    ]
    assert len({one.hash() for one in [scored, replace(scored), *others]}) == len(others) + 1


def test_below_the_frames_is_their_curve_with_what_is_labelled_shaded(scored):
    pictures = list(annotated(walkers(FRAMES), 10, 29, scored))
    assert len(pictures) == 20 and len({picture.shape for picture in pictures}) == 1
    shaded = (pictures[0][-HEIGHT + 10] == SHADE).all(axis=1)
    # Of frames 10 to 29 those after 20: the last 9 of 20.
    assert 0.4 < shaded.mean() < 0.46 and shaded[len(shaded) - 20] and not shaded[len(shaded) // 2]
    plain = list(annotated(walkers(FRAMES), 10, 29, replace(scored, anomalous=np.zeros(FRAMES, bool))))
    assert not (plain[0][-HEIGHT:] == SHADE).all(axis=2).any()


def test_a_clip_has_the_boxes_of_each_of_its_frames_and_no_others(scored):
    moving = OBJECTS.assign(x1=20.0 + OBJECTS["frame"], x2=50.0 + OBJECTS["frame"])
    frames = walkers(FRAMES)
    for place, picture in enumerate(annotated(frames, 18, 25, replace(scored, objects=moving))):
        here = moving[moving["frame"] == 18 + place]
        truth = scored.regions[scored.regions["frame"] == 18 + place]
        np.testing.assert_array_equal(picture[:-HEIGHT], scored_frame(frames[18 + place], here, truth, 0.0, 3.0))
