import pytest

from stages.common.cues.all import ALL
from stages.common.cues.tasks import TASKS
from stages.common.running.params import load
from stages.fuse.settings import Fuse

OTHERS = sorted(set(ALL) - set(TASKS))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"tail_share": 0.6},
            "fuse (with sets.mine.fuse): tail_share: Input should be less than or equal to 0.5, found ",
        ),
        ({"map_filter": 0}, "fuse (with sets.mine.fuse): map_filter: Input should be greater than 0, found 0"),
        (
            {"weights": {"shape": -1.0}},
            "fuse (with sets.mine.fuse): weights.shape: Input should be greater than or equal",
        ),
        ({"weights": {"mood": 1.0}}, f"fuse.weights: 'mood' is no cue; expected some of {[*sorted(TASKS), *OTHERS]}"),
        ({"weights": dict.fromkeys(ALL, 0.0)}, "fuse.weights: all are 0; raise one"),
        ({"method": "mean"}, "fuse.weights: features has no place in method mean; set it to 0"),
    ],
)
def test_what_cannot_be(project, changes, said):
    assert project.refused(fuse=changes).startswith(said)


def test_the_papers_mean_is_of_the_tasks_alone(project):
    project.params(fuse={"method": "mean", "weights": dict.fromkeys(OTHERS, 0.0)})
    assert load("fuse", Fuse, "mine", project.root / "params.yaml").method == "mean"
