import pytest

from stages.common.cues.tasks import TASKS


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": -1}, "train (with sets.mine.train): seed: Input should be greater than or equal to 0, found -1"),
        ({"threads": 0}, "train (with sets.mine.train): threads: Input should be greater than 0, found 0"),
        (
            {"weights": {"arrow": -1.0}},
            "train (with sets.mine.train): weights.arrow: Input should be greater than or eq",
        ),
        ({"weights": {"arow": 1.0}}, f"train.weights: 'arow' is no proxy task; expected some of {sorted(TASKS)}"),
        ({"weights": {"shape": 1.0}}, f"train.weights: 'shape' is no proxy task; expected some of {sorted(TASKS)}"),
        ({"weights": dict.fromkeys(TASKS, 0.0)}, "train.weights: all are 0; raise one"),
    ],
)
def test_what_cannot_be(project, changes, said):
    assert project.refused(train=changes).startswith(said)
