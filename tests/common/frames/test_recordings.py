"""Parts of one recording, each of which can look into the others."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import store_frames, walking_square, write_video

from stages.common.frames.recordings import Joined, Recording, recordings_of


@pytest.mark.parametrize("lengths", [[], [0], [4], [2, 0, 3], [0, 1, 1]])
def test_arrays_read_as_if_they_were_one(lengths):
    parts = [np.random.default_rng(index).integers(0, 9, (length, 2, 3)) for index, length in enumerate(lengths)]
    joined, one = Joined(parts), np.concatenate([np.zeros((0, 2, 3)), *parts])
    assert len(joined) == len(one)
    assert all((joined[index] == one[index]).all() for index in range(len(one)))
    for index in (-1, len(one)):
        with pytest.raises(IndexError):
            joined[index]


def test_clips_know_the_parts_of_their_file_in_order():
    videos = pd.DataFrame({"video": ["b", "a", "z"], "path": ["x.mp4", "x.mp4", "y.mp4"], "first": [0, 50, 0]})
    folder = Path("frames")
    b, a, z = recordings_of(videos, folder)
    assert (b.video, b.store, b.parts) == ("b", folder, ["b", "a"])
    assert (a.video, a.parts, z.parts) == ("a", ["b", "a"], ["z"])
    assert list(recordings_of(videos[:0], folder)) == []


def test_a_clip_has_the_frames_of_its_own_and_of_its_whole_file(tmp_path):
    clips = {name: np.random.default_rng(len(name)).integers(0, 9, (5, 4, 6), np.uint8) for name in ("a", "bb")}
    clip = Recording("bb", store_frames(tmp_path / "frames", **clips), ["a", "bb"])
    np.testing.assert_array_equal(np.stack(clip.frames()), clips["bb"])
    np.testing.assert_array_equal(np.stack(list(clip.searched(2))), clips["bb"][::2])
    whole, first = clip.whole()
    assert first == 5
    np.testing.assert_array_equal(np.stack(whole), np.concatenate([clips["a"], clips["bb"]]))


def test_whoever_stands_through_a_part_of_a_recording_is_seen_in_it(project):
    """He has come before and leaves after: in none of the parts is he background."""
    walk = walking_square(26)
    write_video(project.source / "gate.mp4", [*walk[:9], *[walk[9]] * 14, *walk[9:]])
    project.params(footage={"normal_share": 0.8}, detect={"motion": {"contrast": 30.0}})
    project.run("footage", "decode", "detect")
    found, videos = project.detections(), project.videos().set_index("video")
    assert videos["frames"].to_dict() == {**{f"gate_normal_{part}": 8 for part in range(1, 5)}, "gate_rest": 8}
    own = found[found["video"] == "gate_normal_2"]  # frames 8 to 16: he stands
    assert own["frame"].tolist() == list(range(8))
    assert own["x1"].between(20, 29).all() and own["x2"].between(35, 43).all()
