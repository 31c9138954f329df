"""events.json: what was found, for other programs. The classes below are its schema, docs/events.schema.json.

    python -m stages.report.events_json FILE     # says whether a file keeps to it

Times are seconds, of the recording's file where nothing else is said. Boxes are x1, y1, x2, y2 in shares of the
picture.
"""

import json
import math
import sys
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveInt, ValidationError

from stages.common.cues.all import ALL
from stages.common.tables.schemas import BOX
from stages.report.findings import Findings
from stages.report.tables import Tables

VERSION: Literal[1] = 1
Share = Annotated[float, Field(ge=0, le=1)]
Box = tuple[Share, Share, Share, Share]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Moment(Strict):
    """A second of a recording."""

    recording: str  # its path below the source folder
    second: NonNegativeFloat
    clock: str | None  # time of day by the camera's clock, as 2026-11-29T10:00:00.000; null where unknown


class Seen(Strict):
    """Where the object was at a time."""

    after: float  # seconds after the event began
    box: Box


class Event(Strict):
    event: PositiveInt  # 1 for the highest score of the set
    clip: str
    begins: Moment
    highest: Moment
    ends: Moment
    box: Box  # when it is highest
    score: float
    alarm: bool  # whether it reaches the threshold
    normal_per_hour: NonNegativeFloat | None  # how often normal footage is as high; null where there is too little
    object_class: str  # as the detector calls it; "" where it has no name
    cues: dict[str, float | None]  # by name, how unusual by each: deviations above normal
    verdict: Literal["", "event", "unsure"]
    track: int  # unique in the clip
    path: list[Seen]


class Events(Strict):
    format: Literal["oddreel events"] = "oddreel events"
    version: Literal[1] = VERSION
    set: str
    threshold: float | None  # null where there is too little normal footage for one
    events: list[Event]


def events_json(tables: Tables, findings: Findings) -> str:
    """The text of the file; the same findings give the same."""
    threshold = findings.threshold.value
    rows_of = tables.objects[tables.objects["object"] >= 0].groupby(["video", "track"]).indices
    told = [event_of(event, tables, rows_of) for event in findings.moments.itertuples()]
    found = Events(set=tables.name, threshold=threshold if math.isfinite(threshold) else None, events=told)
    return json.dumps(found.model_dump(), indent=1, ensure_ascii=False) + "\n"


def event_of(event, tables: Tables, rows_of: dict) -> Event:
    """Of a row of EVENTS; `rows_of` are the places in OBJECT_SCORES of the boxes of each track, by video and number."""
    seconds = tables.seconds[event.video]
    boxes = tables.objects.iloc[rows_of.get((event.video, event.track), np.zeros(0, int))]
    frames = boxes["frame"].to_numpy(int)
    inside = (frames >= event.first_frame) & (frames <= event.last_frame)
    shown = zip(frames[inside], tables.shares(event.video, boxes[BOX].to_numpy(float)[inside]), strict=True)
    values = {cue: float(getattr(event, cue)) for cue in ALL}
    return Event(
        event=event.event,
        clip=event.video,
        begins=moment(event, tables, event.first_frame),
        highest=moment(event, tables, event.peak_frame),
        ends=moment(event, tables, event.last_frame),
        box=tables.shares(event.video, np.array([[event.x1, event.y1, event.x2, event.y2]]))[0],
        score=round(float(event.score), 4),
        alarm=event.alarm,
        normal_per_hour=None if math.isnan(event.normal_per_hour) else float(f"{event.normal_per_hour:.4g}"),
        object_class=event.object_class,
        cues={cue: None if math.isnan(value) else round(value, 4) for cue, value in values.items()},
        verdict=event.verdict,
        track=event.track,
        path=[
            Seen(after=round(float(seconds[frame] - seconds[event.first_frame]), 3), box=box) for frame, box in shown
        ],
    )


def moment(event, tables: Tables, frame: int) -> Moment:
    recording, second = tables.recorded_at(event.video, frame)
    clock = tables.began[event.video] + pd.Timedelta(seconds=tables.seconds[event.video][frame])
    said = None if clock is pd.NaT else clock.isoformat(timespec="milliseconds")
    return Moment(recording=recording, second=round(float(second), 3), clock=said)


def wrong_with(text: str) -> list[str]:
    """What does not keep to the schema, a line each; none where all does."""
    try:
        Events.model_validate_json(text)
    except ValidationError as error:
        return [f"{'.'.join(map(str, each['loc'])) or 'the file'}: {each['msg']}" for each in error.errors()]
    return []


if __name__ == "__main__":
    lines = wrong_with(Path(sys.argv[1]).read_text())
    print("\n".join(lines) or f"{sys.argv[1]} keeps to version {VERSION}")
    sys.exit(bool(lines))
