"""What is found out about a clip is counted, whatever its file says of itself."""

import cv2
import numpy as np
import pytest
from helpers import cut_off, still, walking_square, write_avi, write_pictures, write_video

from stages.common.running.errors import InputError
from stages.common.running.files import sha256
from stages.footage.clips import Clip, clips_in, mean_rate, probe, steady_times


def test_an_empty_folder_and_none_hold_no_clips(tmp_path):
    assert clips_in(tmp_path, tmp_path, "train") == []
    assert clips_in(tmp_path, tmp_path / "none", "train") == []


def test_videos_and_folders_of_pictures_are_clips_and_nothing_else_is(tmp_path):
    write_pictures(tmp_path / "test/b.c", still(1))
    for name in ("a.mp4", "d.MKV", "labels.npy", "notes", ".hidden.mp4"):
        (tmp_path / "test" / name).touch()
    clips = clips_in(tmp_path, tmp_path / "test", "test")
    assert [(clip.name, clip.kind, clip.path.as_posix()) for clip in clips] == [
        ("a", "file", "test/a.mp4"),
        ("b.c", "images", "test/b.c"),
        ("d", "file", "test/d.MKV"),
    ]
    assert {clip.split for clip in clips} == {"test"} and isinstance(clips[0], Clip)


@pytest.mark.parametrize("count", [1, 2, 30])
def test_the_facts_of_a_video_and_of_pictures(tmp_path, count):
    frames = still(count, 34, 50)
    sizes = {"frames": count, "width": 50, "height": 34}
    video, old = write_video(tmp_path / "a.mp4", frames, 12.5), write_avi(tmp_path / "b.avi", frames, 25)
    pictures = write_pictures(tmp_path / "c", frames)
    for path, kind, fps in ((video, "file", 12.5), (old, "file", 25), (pictures, "images", 7)):
        facts = probe(path, kind, 7)
        np.testing.assert_allclose(facts.pop("times"), np.arange(count) / fps, atol=1e-6)
        assert facts == {**sizes, "fps": fps, "sha256": sha256(path)}


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("write, name", [(write_video, "a.mp4"), (write_avi, "a.avi")])
def test_no_video_that_lacks_a_tenth_or_more_is_taken_for_whole(tmp_path, write, name, share):
    path = write(tmp_path / name, walking_square(15) * 4)
    probe(path, "file", 25)
    cut_off(path, share)
    with pytest.raises(InputError, match=r"a\.(mp4|avi): (truncated: its header promises 60 frames|no frame can be)"):
        probe(path, "file", 25)


def test_no_pictures(tmp_path):
    with pytest.raises(InputError, match="no pictures; expected"):
        probe(tmp_path, "images", 25)


def test_grey_pictures_have_a_size_too(tmp_path):
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((20, 30), np.uint8))
    facts = probe(tmp_path, "images", 25)
    assert (facts["frames"], facts["width"], facts["height"]) == (1, 30, 20)


def test_times_that_do_not_increase_are_not_believed():
    assert steady_times(np.array([0.5, 0.6, 0.9]), 10).round(6).tolist() == [0, 0.1, 0.4]
    for broken in ([0.0, 0.0, 0.0], [0.0, 2.0, 1.0]):
        assert steady_times(np.array(broken), 10).tolist() == [0, 0.1, 0.2]
    assert steady_times(np.array([7.0]), 10).tolist() == [0]


@pytest.mark.parametrize("times, fps", [([0.0], 25.0), ([0, 0.04, 0.08], 25.0), ([0, 0.1, 0.5, 3.0], 1.0)])
def test_the_mean_rate_is_that_of_the_times_where_the_file_says_another(times, fps):
    assert mean_rate(np.array(times), 25.0) == fps
