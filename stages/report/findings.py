"""All that a report tells of a set, and the moments that it shows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.common.drawing.figures import score_span
from stages.report.clips import spans_of
from stages.report.events import Threshold, describe, explained_by, find_alarms, threshold
from stages.report.missed import boxed_regions, missed_stretches, track_table
from stages.report.settings import Report
from stages.report.tables import Tables, of_video

# Seconds around its peak, or from its beginning, that a clip shows of something that lasts longer.
LONGEST = 60.0
# A labelled object is seldom boxed if it is in less than this share of its frames.
SELDOM = 0.5


@dataclass(frozen=True)
class Findings:
    """What was found in the test clips, and what was not.

    Attributes:
        least: the threshold.
        events: EVENTS, the highest score first.
        faults: FAULTS.
        stretches: as of `missed_stretches`.
        labelled_stretches: how many there are in all.
        seldom: of `track_table`, what has no box in most of its frames.
        boxed: share of labelled regions with a scored box; NaN without regions.
        low: score of a usual object.
        span: lowest and highest score that curves have room for.
    """

    least: Threshold
    events: pd.DataFrame
    faults: pd.DataFrame
    stretches: pd.DataFrame
    labelled_stretches: int
    seldom: pd.DataFrame
    boxed: float
    low: float
    span: tuple[float, float]


def find(tables: Tables, faults: pd.DataFrame, report: Report) -> Findings:
    """The findings of a set.

    Args:
        faults: FAULTS, of which none has an alarm yet.
    """
    frames, objects = tables.frames, tables.objects
    least = threshold(frames, tables.videos, report.false_alarms_per_hour)
    alarms = find_alarms(frames, tables.seconds, least.value, report.join_seconds)
    explained = explained_by(alarms, faults, frames, objects, least.value)
    faults = faults.assign(alarm=faults.index.isin(explained))
    events = describe(alarms[explained < 0], frames, objects, tables.seconds, tables.labels, least.value)
    boxed = boxed_regions(tables.regions, objects)
    labelled = missed_stretches(tables.labels, frames, events.head(0), tables.regions, boxed)
    tracks = track_table(tables.regions, boxed)
    normal = objects.loc[objects["split"] == "held_out", "score"]
    return Findings(
        least=least,
        events=events,
        faults=faults,
        stretches=missed_stretches(tables.labels, frames, events, tables.regions, boxed),
        labelled_stretches=len(labelled),
        seldom=tracks[tracks["boxed"] < SELDOM].sort_values(["boxed", "video", "track"]),
        boxed=float(boxed.mean()) if len(boxed) else float("nan"),
        low=float(normal.median()) if len(normal) else 0.0,
        span=score_span(frames["score"].to_numpy(float), least.value),
    )


def clip_spans(findings: Findings, tables: Tables, report: Report) -> dict[str, list[tuple[int, int]]]:
    """By test video, first and last frame of each of its clips: around the events that the page shows, what was missed
    and recording faults, so many of each at most; or all of it."""
    if report.whole_clips:
        return {video: [(0, len(tables.seconds[video]) - 2)] for video in tables.tests}
    spans = {}
    for video in tables.tests:
        seconds = tables.seconds[video]
        moments = [around(event) for event in of_video(findings.events.head(report.events_shown), video).itertuples()]
        for table in (findings.stretches, findings.faults):
            own = of_video(table.head(report.events_shown), video)
            begins, ends = seconds[own["first_frame"].to_numpy(int)], seconds[own["last_frame"].to_numpy(int) + 1]
            moments += zip(begins, np.minimum(ends, begins + LONGEST), strict=True)
        spans[video] = spans_of(moments, seconds, report.clip_margin)
    return spans


def around(event) -> tuple[float, float]:
    """First and last second that are shown of an event, a row of EVENTS."""
    return max(event.start, event.peak - LONGEST / 2), min(event.end, event.peak + LONGEST / 2)
