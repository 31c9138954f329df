import pytest

from stages.common.running.params import load
from stages.tubes.settings import Tubes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": 40}, "size: Input should be a multiple of 16, found 40"),
        ({"size": 0}, "size: Input should be greater than 0, found 0"),
        ({"context": -0.1}, "context: Input should be greater than or equal to 0, found -0.1"),
        ({"half_length": 0}, "half_length: Input should be greater than 0, found 0"),
        ({"max_step": 1}, "max_step: Input should be greater than or equal to 2, found 1"),
    ],
)
def test_what_is_out_of_range(project, changes, said):
    assert project.refused(tubes=changes) == f"tubes (with sets.mine.tubes): {said}"


def test_a_stride_of_training_of_which_most_frames_are_not_searched(project):
    said = project.refused(tubes={"train_stride": 4}, detect={"every": 5})
    assert said.startswith("tubes.train_stride is 4, and detect.every 5: ") and said.endswith("take a multiple of 5")


def test_the_reach_is_that_of_the_longest_steps(project):
    project.params(tubes={"half_length": 2, "max_step": 7})
    assert load("tubes", Tubes, "mine", project.root / "params.yaml").reach == 14
