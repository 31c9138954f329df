import pandas as pd
import pytest

from stages.common.running.errors import InputError
from stages.common.tables.verdicts import COLUMNS, parsed, read_verdicts, standing, write_verdicts

LINE = "gate,a.mp4,12.5,1,2,0.1,0.2,0.3,0.6,normal,the postman,Ann,2026-11-29T10:00:00Z"
HEAD = ",".join(COLUMNS)


def lines(*changed: dict) -> pd.DataFrame:
    first = parsed(f"{HEAD}\n{LINE}\n", "gate", "here")
    return pd.concat([first.assign(**changes) for changes in changed], ignore_index=True)


def test_without_a_file_nothing_has_been_said(tmp_path):
    none = read_verdicts(tmp_path / "none.csv", "gate")
    assert none.columns.tolist() == COLUMNS and len(none) == 0 and len(standing(none)) == 0


def test_what_is_written_is_read_back_whatever_the_comment_says(tmp_path):
    comment = 'he said "late, again"\nand left; Grüße, 😀'
    verdicts = lines({"second": 7.25}, {"comment": comment, "recording": "2026/a, b.mp4"})
    write_verdicts(tmp_path / "gate.csv", verdicts)
    read = read_verdicts(tmp_path / "gate.csv", "gate")
    assert read.sort_values("second", ignore_index=True).equals(verdicts.sort_values("second", ignore_index=True))
    first = (tmp_path / "gate.csv").read_bytes()
    write_verdicts(tmp_path / "gate.csv", read.iloc[::-1])
    assert (tmp_path / "gate.csv").read_bytes() == first


@pytest.mark.parametrize(
    "line, said",
    [
        (LINE.replace("normal", "fine"), "line 3: verdict 'fine', expected one of"),
        (LINE.replace("gate", "yard"), "line 3: is of the set 'yard', expected 'gate'"),
        (LINE.replace("12.5", "noon"), "line 3: second 'noon', expected a number from 0"),
        (LINE.replace("12.5", "nan"), "line 3: second 'nan'"),
        (LINE.replace("12.5", "-1"), "line 3: second '-1'"),
        (LINE.replace("0.3", "1.3"), "line 3: expected x1 < x2 <= 1"),
        (LINE.replace("0.3", "0.1"), "line 3: expected x1 < x2 <= 1"),
        (LINE + ",more", "line 3: expected 13 fields"),
        ("gate,a.mp4", "line 3: expected 13 fields"),
        ('gate,"a.mp4', "after line 2: unexpected end of data"),
    ],
)
def test_a_line_that_is_no_verdict_is_named(line, said):
    with pytest.raises(InputError, match=f"here, {said}"):
        parsed(f"{HEAD}\n{LINE}\n{line}\n", "gate", "here")


def test_other_columns_are_refused():
    with pytest.raises(InputError, match="here: columns .*, expected"):
        parsed("a,b\n1,2\n", "gate", "here")
    with pytest.raises(InputError, match="here: columns None"):
        parsed("", "gate", "here")


def test_of_several_verdicts_of_one_event_the_latest_stands():
    later = {"at": "2026-11-30", "verdict": "event", "second": 13.0, "x1": 0.12}
    elsewhere = {"x1": 0.5, "x2": 0.7}
    another_time, another_file = {"second": 30.0}, {"recording": "b.mp4"}
    stand = standing(lines({}, later, elsewhere, another_time, another_file))
    assert stand["verdict"].tolist() == ["event", "normal", "normal", "normal"]
    assert stand["at"].tolist() == ["2026-11-30"] + 3 * ["2026-11-29T10:00:00Z"]
