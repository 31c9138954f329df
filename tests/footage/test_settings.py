import pytest


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"images_fps": 0.0},
            "footage (with sets.mine.footage): images_fps: Input should be greater than 0, found 0.0",
        ),
        ({"fps": 0.0}, "footage (with sets.mine.footage): fps: Input should be greater than 0, found 0"),
        ({"clip_minutes": 0.0}, "footage (with sets.mine.footage): clip_minutes: Input should be greater than 0, "),
        ({"unreadable": "go"}, "footage (with sets.mine.footage): unreadable: Input should be 'skip' or 'stop', found"),
        ({"normal_share": 0.0}, "footage (with sets.mine.footage): normal_share: Input should be greater than 0, "),
        ({"normal_share": 1.0}, "footage (with sets.mine.footage): normal_share: Input should be less than 1, "),
        ({"held_out": 1.0}, "footage (with sets.mine.footage): held_out: Input should be less than 1, found 1.0"),
        ({"seed": -1}, "footage (with sets.mine.footage): seed: Input should be greater than or equal to 0, found -1"),
        ({"start_seconds": 9.0, "end_seconds": 9.0}, "footage.end_seconds is 9; expected more than footage.start_"),
    ],
)
def test_what_is_out_of_range(project, changes, said):
    assert project.refused(footage=changes).startswith(said)


def test_a_clip_named_by_its_date_is_to_be_put_in_quotes(project):
    text = (project.root / "params.yaml").read_text()
    project.write_params(text.replace('"normal": []', '"normal": [2026-11-25]'))
    assert project.refusal("footage") == (
        "params.yaml: footage (with sets.mine.footage): 2026-11-25 is a date to YAML; put it in quotes: '2026-11-25'"
    )
