"""A rehearsal is a set of a project of its own, by the settings of the set that it is like."""

import shutil

import pytest
from helpers import ROOT, walking_square, write_video

from benchmarks import folds, rehearse, rendered
from stages.common.running.errors import InputError
from stages.common.running.params import load, read_tree
from stages.render.recipe import read_recipe
from stages.train.settings import Train


@pytest.fixture
def product(project, monkeypatch):
    monkeypatch.chdir(project.root)
    for name in ("dvc.yaml", ".dvcignore"):
        shutil.copyfile(ROOT / name, name)
    project.params(sets={"demo": {"train": {"seed": 7}}})
    return project


def test_a_rendered_set_goes_by_the_settings_of_its_own(product, monkeypatch, tmp_path):
    place, name = tmp_path / "place", "demo_rendered_3"
    rehearse.prepare([name], place)
    assert read_tree(rehearse.PARAMS) == product.tree
    assert (place / "datasets.yaml").read_text().split() == f"datasets: [{name}] rendered: [{name}]".split()
    assert read_recipe(place / f"data/recipes/{name}.yaml") == rendered.draw_recipe(rendered.CAMERAS["demo"], 3)
    monkeypatch.chdir(place)
    train = load("train", Train, name)
    assert (train.seed, train.threads) == (7, 2)


@pytest.mark.slow
def test_what_is_prepared_can_be_rendered(product, monkeypatch, tmp_path):
    monkeypatch.setattr(rendered, "FRAMES", 4)
    monkeypatch.setattr(rendered, "FIRST_START", 0)
    monkeypatch.setattr(rendered, "LAST_START", 3)
    for _ in range(2):  # as for whoever goes on
        rehearse.prepare(["demo_rendered_1"], product.root / "place")
    product.root /= "place"
    product.run("render", "footage", name="demo_rendered_1")
    count = rendered.TRAINING_CLIPS + rendered.TEST_CLIPS
    assert len(list(product.root.glob("data/raw/demo_rendered_1/*/*.mp4"))) == count


def test_a_set_with_pasted_anomalies_is_made_of_its_own_frames(product, monkeypatch, tmp_path):
    made = []
    monkeypatch.setitem(rehearse.WRITERS, "rehearsal", lambda *given: made.append(given))
    rehearse.prepare(["mine_rehearsal_2"], tmp_path / "place")
    assert made == [("mine", tmp_path / "place/data/raw/mine_rehearsal_2", 2)]
    assert "rendered: []" in (tmp_path / "place/datasets.yaml").read_text()


@pytest.mark.parametrize("fold, searched", [(0, "a b c"), (1, "d e")])
def test_a_fold_searches_a_part_of_the_normal_footage_and_learns_from_the_rest(project, monkeypatch, fold, searched):
    for name in "abcde":
        write_video(project.source / f"train/{name}.mp4", walking_square(9))
    write_video(project.source / "test/z.mp4", walking_square(9))
    project.run("footage")
    monkeypatch.chdir(project.root)
    folds.write_set("mine", project.root / "data/raw/mine_fold", fold)
    found = {
        split: {link.stem for link in (project.root / f"data/raw/mine_fold/{split}/frames").iterdir()}
        for split in ("training", "testing")
    }
    assert found == {"testing": set(searched.split()), "training": set("abcde") - set(searched.split())}


@pytest.mark.parametrize(
    "name, message",
    [
        ("demo", "demo: expected <set>_<kind>_<draw> of one of the kinds"),
        ("demo_rendered", "expected <set>_<kind>_<draw>"),
        ("nobody_rendered_0", "params.yaml: no data set sets.nobody"),
        ("mine_rendered_0", "mine: no camera is rendered like that; expected one of"),
    ],
)
def test_what_cannot_be_rehearsed_is_refused(product, tmp_path, name, message):
    with pytest.raises(InputError, match=message):
        rehearse.prepare([name], tmp_path / "place")
