"""What lies in a folder: which of it are clips, and what is found out about each from its packets."""

import cv2
import numpy as np
import pytest
from helpers import still, write_avi, write_pictures, write_video
from recorder import record

from stages.common.running.files import sha256
from stages.footage.clips import Clip, clips_in, distinct, is_video, own_clips
from stages.footage.probe import load_probe, probe_images, probe_video


def test_an_empty_folder_and_none_hold_no_clips(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        assert clips_in(tmp_path, folder, "train") == own_clips(tmp_path, folder, "train") == []


@pytest.mark.parametrize("look", [clips_in, own_clips])
def test_videos_and_folders_of_pictures_are_clips_and_nothing_else_is(tmp_path, look):
    write_pictures(tmp_path / "test/b.c", still(1))
    for name in ("a.mp4", "d.MKV", "labels.npy", "notes", ".hidden.mp4", "a.srt", "a.jpg", "a.txt"):
        (tmp_path / "test" / name).touch()
    clips = look(tmp_path, tmp_path / "test", "test")
    assert [(clip.name, clip.kind, clip.path.as_posix()) for clip in clips] == [
        ("a", "file", "test/a.mp4"),
        ("b.c", "images", "test/b.c"),
        ("d", "file", "test/d.MKV"),
    ]
    assert {clip.split for clip in clips} == {"test"} and isinstance(clips[0], Clip)


def test_what_is_a_video_is_told_by_content_where_the_name_tells_nothing(tmp_path):
    for name, form in (("a", "mpegts"), ("b.cam", "matroska"), ("c.000", "h264")):
        assert is_video(record(tmp_path / name, form=form))
    picture = tmp_path / "picture"
    picture.write_bytes(cv2.imencode(".jpg", still(1)[0])[1].tobytes())
    texts = {"text": "a\nb\n" * 50, "titles": "1\n00:00:01,000 --> 00:00:02,000\nGate\n", "none": ""}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    assert not any(is_video(tmp_path / name) for name in [*texts, "picture"])


def test_names_that_are_equal_get_their_folders_and_then_their_suffix():
    paths = ["14/03.10.mp4", "15/03.10.mp4", "15/03.20.mp4", "x/a.ts", "x/a.mp4"]
    clips = own_clips_of(paths)
    assert [clip.name for clip in distinct(clips)] == ["14_03.10", "15_03.10", "03.20", "x_a.ts", "x_a.mp4"]
    assert len({clip.name for clip in distinct(own_clips_of(f"{k}.ts" for k in range(5000)))}) == 5000


def own_clips_of(paths):
    from pathlib import Path

    return [Clip(Path(path).stem, "recording", "file", Path(path)) for path in paths]


@pytest.mark.parametrize("count", [1, 2, 30])
def test_the_facts_of_a_video_and_of_pictures(tmp_path, count):
    frames = still(count, 34, 50)
    for path, fps in (
        (write_video(tmp_path / "a.mp4", frames, 12.5), 12.5),
        (write_avi(tmp_path / "b.avi", frames, 25), 25),
    ):
        found = probe_video(path)
        np.testing.assert_allclose(found.seconds - found.seconds[0], np.arange(count) / fps, atol=1e-6)
        assert (found.width, found.height, found.rate, found.sha256) == (50, 34, fps, sha256(path))
        assert (found.kind, found.wrong, found.lacks, len(found.stamps)) == ("file", "", 0, count)
        (tmp_path / path.stem).mkdir()
        found.save(tmp_path / path.stem)
        kept = load_probe(tmp_path / path.stem)
        assert kept.stamps.tolist() == found.stamps.tolist() and kept.breaks == found.breaks
    pictures = probe_images(write_pictures(tmp_path / "c", frames))
    assert (pictures.width, pictures.height, pictures.stamps.tolist()) == (50, 34, list(range(count)))


def test_no_pictures(tmp_path):
    assert probe_images(tmp_path).wrong


def test_grey_pictures_have_a_size_too(tmp_path):
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((20, 30), np.uint8))
    found = probe_images(tmp_path)
    assert (len(found.stamps), found.width, found.height) == (1, 30, 20)
