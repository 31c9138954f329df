import numpy as np
import pandas as pd
import pytest
from small_tables import videos

from stages.common.tables.schemas import BOX, PEAKS, VERDICTS, arrow_table
from stages.common.tables.verdicts import COLUMNS
from stages.fuse.verdicts import placed, taught_by, with_verdicts

CLIPS = videos((("calm", "held_out", 60), ("busy", "test", 48)))
FILES = pd.DataFrame({"file": [0, 1, 2], "path": ["calm.mp4", "early.mp4", "late.mp4"]})
# The clip `busy` is of two files, with a gap of a second between them: 12 frames a second.
RUNS = pd.DataFrame(
    [("calm", 0, 60, 0, 0.0), ("busy", 0, 12, 1, 100.0), ("busy", 24, 24, 2, 0.0)],
    columns=["video", "first", "frames", "file", "second"],
)


def verdicts(*rows, **more) -> pd.DataFrame:
    """Of (recording, second, verdict): a second before and after, a box of pixels 20 to 40, 20 to 60 of 100x80."""
    given = pd.DataFrame(rows, columns=["recording", "second", "verdict"])
    box = dict(zip(BOX, (0.2, 0.25, 0.4, 0.75), strict=True))
    about = {"set": "s", "before": 0.5, "after": 1.0, **box, "comment": "", "by": "", "at": "", **more}
    return given.assign(**about)[COLUMNS]


def objects(video="busy", first=0, last=47, x1=20.0, step=0.0, track=0) -> pd.DataFrame:
    frames = np.arange(first, last + 1)
    left = x1 + step * np.arange(len(frames))
    table = pd.DataFrame({"video": video, "frame": frames, "x1": left, "y1": 20.0, "x2": left + 20, "y2": 60.0})
    return table.assign(track=track)


def test_without_verdicts_nothing_is_taught_and_nothing_said():
    none = placed(verdicts(), CLIPS, FILES, RUNS)
    assert arrow_table(none, VERDICTS).num_rows == 0
    assert taught_by(objects(), none, CLIPS).tolist() == [-1] * 48
    assert taught_by(objects()[:0], placed(verdicts(("late.mp4", 1.0, "normal")), CLIPS, FILES, RUNS), CLIPS).size == 0


@pytest.mark.parametrize(
    "recording, second, expected",
    [
        ("early.mp4", 100.5, ("busy", 0, 6, 18)),
        ("late.mp4", 1.0, ("busy", 30, 36, 47)),
        ("late.mp4", 0.0, ("busy", 18, 24, 36)),
        ("early.mp4", 102.0, ("", -1, -1, -1)),
        ("gone.mp4", 1.0, ("", -1, -1, -1)),
    ],
)
def test_a_second_of_a_recording_is_a_frame_of_a_clip(recording, second, expected):
    found = placed(verdicts((recording, second, "event")), CLIPS, FILES, RUNS)
    assert tuple(found[["video", "first_frame", "peak_frame", "last_frame"]].iloc[0]) == expected


def test_what_is_normal_is_the_track_under_the_box_as_long_as_the_event_lasts():
    table = pd.concat([objects(step=0.5, x1=2.0), objects(x1=70.0, track=1), objects("calm")], ignore_index=True)
    said = placed(verdicts(("late.mp4", 1.0, "normal"), ("late.mp4", 1.0, "event"), at="1"), CLIPS, FILES, RUNS)
    assert len(said) == 1  # the last of two that are of one event
    said = placed(verdicts(("late.mp4", 1.0, "normal")), CLIPS, FILES, RUNS)
    shuffled = table.sample(frac=1, random_state=0)
    taught = pd.Series(taught_by(shuffled, said, CLIPS), index=shuffled.index)
    assert sorted(taught.index[taught == 0]) == list(range(30, 48)) and set(taught) == {0, -1}


@pytest.mark.parametrize("verdict", ["event", "unsure"])
def test_no_other_verdict_teaches(verdict):
    said = placed(verdicts(("late.mp4", 1.0, verdict)), CLIPS, FILES, RUNS)
    assert set(taught_by(objects(), said, CLIPS)) == {-1}


def test_where_no_box_is_nothing_is_taught():
    said = placed(verdicts(("late.mp4", 1.0, "normal"), ("gone.mp4", 1.0, "normal")), CLIPS, FILES, RUNS)
    assert set(taught_by(objects(x1=60.0), said, CLIPS)) == {-1}
    assert set(taught_by(objects(last=20), said, CLIPS)) == {-1}


def peaks(*rows) -> pd.DataFrame:
    """PEAKS of (track, first_frame, last_frame) of `busy`."""
    table = pd.DataFrame(rows, columns=["track", "first_frame", "last_frame"]).astype(int)
    known = {
        "video": "busy",
        "split": "test",
        "tracks": 1,
        "score": 5.0,
        "fault": -1,
        "beyond": 5.0,
        "verdict": -1,
        "object_class": "",
    }
    return table.assign(peak_frame=table["first_frame"], **known, **dict.fromkeys(BOX, 0.0))[PEAKS.names]


def test_a_peak_has_the_verdict_whose_box_and_time_are_its_own():
    table = pd.concat([objects(), objects(x1=60.0, track=1)], ignore_index=True)
    found = peaks((0, 2, 10), (0, 30, 40), (1, 30, 40))
    said = placed(
        pd.concat([verdicts(("late.mp4", 1.0, "event")), verdicts(("early.mp4", 100.5, "unsure"))], ignore_index=True),
        CLIPS, FILES, RUNS,
    )  # fmt: skip
    assert with_verdicts(found, table, said, CLIPS)["verdict"].tolist() == [1, 0, -1]
    assert with_verdicts(found, table, said[:0], CLIPS)["verdict"].tolist() == [-1, -1, -1]
    assert len(with_verdicts(found[:0], table[:0], said, CLIPS)) == 0
