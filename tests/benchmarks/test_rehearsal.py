import cv2
import numpy as np
import pytest
from helpers import PARAMS, Project, write_pictures

from benchmarks import rehearsal
from stages.common.running.errors import InputError
from stages.common.running.params import checked
from stages.detect.settings import Detect

DETECT = checked(PARAMS["detect"], Detect, "params.yaml")


def crossing(count=70, height=80, width=180, seed=0):
    """Frames, uint8 (count, H, W), in which two dark figures of 10x24 pixels go to the right over noise."""
    ground = np.random.default_rng(seed).integers(120, 140, (height, width)).astype(np.uint8)
    frames = np.repeat(ground[None], count, axis=0)
    for time, frame in enumerate(frames):
        for top, left in ((8, 5 + 2 * time), (44, 20 + 2 * time)):
            frame[top : top + 24, left : left + 10] = 20
    return frames


def test_a_still_clip_has_no_objects_to_copy():
    assert rehearsal.find_donors(np.repeat(crossing(1), 60, axis=0), DETECT) == []


def test_objects_that_cross_are_cut_out_with_their_own_pixels():
    donors = rehearsal.find_donors(crossing(), DETECT)
    assert len(donors) == 2
    for donor in donors:
        assert len(donor) >= rehearsal.LEAST_FRAMES
        crop, alpha = donor.crops[10], donor.alphas[10]
        assert crop.shape == alpha.shape and (crop < 60).mean() > 0.5 and (alpha[crop < 60] > 0.99).all()


@pytest.mark.parametrize("kind", rehearsal.KINDS)
def test_steps_stay_within_the_donor_and_go_forward(kind):
    for seed in range(20):
        steps = rehearsal.steps_of(kind, 40, np.random.default_rng(seed))
        assert steps.min() >= 0 and steps.max() < 40 and (np.diff(steps) >= 1).all()
        if kind == "sped":
            assert 40 / 2.5 <= len(steps) <= 40 / 1.5 + 1
        if kind == "skipped":
            assert set(np.diff(steps)) <= {1, 2, 3} and len(steps) < 40


@pytest.mark.parametrize("channels", [(), (3,)])
def test_what_is_pasted_changes_the_pixels_under_the_mask_and_no_other(channels):
    picture = np.full((20, 30, *channels), 100, np.uint8)
    mask = np.zeros((20, 30), bool)
    rehearsal.paste(picture, mask, np.full((6, 4, *channels), 7, np.uint8), np.ones((6, 4), np.float32), [10, 8])
    assert mask.sum() == 24 and mask[5:11, 8:12].all()
    assert (picture[mask] == 7).all() and (picture[~mask] == 100).all()


@pytest.mark.parametrize("middle", [(-50, 5), (15, 90), (0, 0), (30, 20)])
def test_what_sticks_out_of_the_picture_is_cut(middle):
    picture, mask = np.full((20, 30), 100, np.uint8), np.zeros((20, 30), bool)
    rehearsal.paste(picture, mask, np.full((6, 4), 7, np.uint8), np.ones((6, 4), np.float32), middle)
    assert mask.sum() == (6 if middle in ((0, 0), (30, 20)) else 0)


@pytest.mark.parametrize("kind", rehearsal.KINDS)
def test_a_disturbed_clip_differs_where_its_masks_say_and_the_original_stays(kind):
    frames = crossing(seed=1)
    before = frames.copy()
    donors = rehearsal.find_donors(crossing(), DETECT) * 2
    disturbed, masks = rehearsal.disturb(frames, donors, kind, np.random.default_rng(0))
    assert np.array_equal(frames, before)
    changed = np.abs(disturbed.astype(int) - frames) > 0
    near = np.stack([cv2.dilate(mask.astype(np.uint8), np.ones((9, 9))) for mask in masks]).astype(bool)
    # Of what just comes in by the edge, a few pixels may be too faint for the mask.
    assert masks.any() and not masks.all(axis=(1, 2)).any() and changed[~near].sum() < 10
    assert changed[masks].mean() > 0.3
    again, _ = rehearsal.disturb(frames, donors, kind, np.random.default_rng(0))
    assert np.array_equal(again, disturbed)


def test_who_walks_elsewhere_is_farthest_from_all_feet_and_within_the_picture():
    path = np.column_stack([np.arange(0, 100, 5.0), np.full(20, 20.0)])
    feet = np.column_stack([np.arange(100.0), np.full(100, 30.0)])
    moved = rehearsal.moved_away(path, 20, feet, 90)
    assert np.array_equal(moved[:, 0], path[:, 0]) and np.ptp(moved[:, 1]) == 0
    foot = moved[0, 1] + 10
    assert 86 <= foot <= 90  # 56 to 60 lines below where people walk; above there is room for 10


@pytest.fixture
def filled(project: Project):
    for index in range(5):
        write_pictures(project.source / f"train/c{index}", crossing(seed=index))
    write_pictures(project.source / "test/t", crossing(20))
    project.params(decode={"grey": True})
    project.run("footage", "decode")
    return project


def test_a_rehearsal_is_a_set_that_the_pipeline_takes(filled, monkeypatch):
    monkeypatch.chdir(filled.root)
    target = filled.root / "data/raw/mine_rehearsal"
    rehearsal.write_set("mine", target, seed=0)
    filled.params(sets={"mine_rehearsal": filled.tree["sets"]["mine"]})
    filled.run("footage", "decode", name="mine_rehearsal")
    clips = sorted(folder.name for folder in (target / "testing/frames").iterdir())
    assert len(clips) == rehearsal.TEST_CLIPS * len(rehearsal.KINDS)
    assert len(list((target / "training/frames").iterdir())) == 2
    first = {path.name: path.read_bytes() for path in target.rglob("*.png")}
    rehearsal.write_set("mine", target, seed=0)
    assert {path.name: path.read_bytes() for path in target.rglob("*.png")} == first


def test_too_few_normal_clips_are_refused(filled, monkeypatch):
    monkeypatch.chdir(filled.root)
    monkeypatch.setattr(rehearsal, "TEST_CLIPS", 4)
    with pytest.raises(InputError, match="mine: 5 normal clips, expected at least 6"):
        rehearsal.write_set("mine", filled.root / "data/raw/mine_rehearsal", seed=0)


@pytest.mark.parametrize("step, first", [(3, -5), (-3, 65)])
def test_an_object_enters_by_the_edge_it_comes_from_and_goes_its_own_way(step, first):
    boxes = np.array([[20 + step * time, 8 + time, 30 + step * time, 20 + time] for time in range(4)])
    middles = rehearsal.entering(boxes, 60)
    assert middles[:, 0].tolist() == [first + step * time for time in range(4)]
    assert middles[:, 1].tolist() == [14, 15, 16, 17]
