"""All that a report tells of a set, and the moments that it shows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.common.cues.all import EVENTS
from stages.common.drawing.curve import score_range
from stages.common.tables.verdicts import NORMAL
from stages.report.alarms import Threshold, find_threshold
from stages.report.clips import clips_around
from stages.report.events import describe
from stages.report.missed import boxed_regions, incident_table, track_table
from stages.report.settings import Report
from stages.report.tables import Tables, of_video

# Moments that are shown at least: where there are fewer events, the highest of the rest.
MOMENTS = 10
# Seconds around its peak, or from its beginning, that a clip shows of something that lasts longer.
LONGEST = 60.0
# A labelled object is seldom boxed if it is in less than this share of its frames.
SELDOM = 0.5


@dataclass(frozen=True)
class Findings:
    """What was found in the test clips, and what was not."""

    threshold: Threshold
    moments: pd.DataFrame  # EVENTS, the highest score first: those that alarm, and some below
    faults: pd.DataFrame  # FAULTS
    incidents: pd.DataFrame  # as of `incident_table`
    seldom: pd.DataFrame  # of `track_table`, what has no box in most of its frames
    boxed: float  # share of labelled regions with a scored box; NaN without regions
    known_normal: int  # moments that are not shown, for people called them normal
    usual: float  # score of a usual object
    score_range: tuple[float, float]  # lowest and highest score that curves have room for

    @property
    def events(self) -> pd.DataFrame:
        """The moments that reach the threshold."""
        return self.moments[self.moments["alarm"]]

    @property
    def missed(self) -> pd.DataFrame:
        """The incidents that no event touches."""
        return self.incidents[~self.incidents["found"].astype(bool)]


def find(tables: Tables, faults: pd.DataFrame, report: Report) -> Findings:
    """The findings of a set with these FAULTS, of which none has an alarm yet."""
    objects = tables.objects
    frames = tables.frames.merge(tables.videos[["video", "fps"]], on="video")
    peaks = tables.peaks
    threshold = find_threshold(peaks, frames, report.false_alarms_per_hour)
    alarms = peaks["score"] >= threshold.value
    explained = peaks["beyond"] < np.minimum(peaks["score"], threshold.value)
    verdicts = tables.verdicts["verdict"]
    found = (peaks["split"] == "test") & ~explained
    shown = found & (peaks["verdict"].map(verdicts) != NORMAL)
    highest = peaks[shown].nlargest(max(MOMENTS, int((shown & alarms).sum())), "score")
    moments = with_rates(describe(highest, objects, tables.labels, tables.seconds), threshold)
    moments["verdict"] = moments["verdict"].map(verdicts).astype(object).fillna("")
    moments = with_origin(moments, tables)[EVENTS.names]
    boxed = boxed_regions(tables.regions, objects)
    tracks = track_table(tables.regions, boxed)
    normal = objects.loc[objects["split"] == "held_out", "score"]
    return Findings(
        threshold=threshold,
        moments=moments,
        faults=faults.assign(alarm=faults.index.isin(peaks["fault"][alarms & explained])),
        incidents=incident_table(tables.labels, frames, moments[moments["alarm"]], tables.regions, boxed),
        seldom=tracks[tracks["boxed"] < SELDOM].sort_values(["boxed", "video", "track"]),
        boxed=float(boxed.mean()) if len(boxed) else float("nan"),
        known_normal=int((found & ~shown).sum()),
        usual=float(normal.median()) if len(normal) else 0.0,
        score_range=score_range(frames["score"].to_numpy(float), threshold.value),
    )


def clips_of(findings: Findings, tables: Tables, report: Report) -> dict[str, list[tuple[int, int]]]:
    """By test video, first and last frame of each of its clips: around the events that the page shows, what was missed
    and recording faults, so many of each at most; or all of it. Only what is live has been kept, and can be shown."""
    if report.whole_clips:
        return {video: [(first, stop - 1) for first, stop in tables.spans[video].tolist()] for video in tables.tests}
    clips = {}
    for video in tables.tests:
        seconds = tables.seconds[video]
        moments = [around(event) for event in of_video(findings.moments.head(report.events_shown), video).itertuples()]
        for table in (findings.missed, findings.faults):
            there = of_video(table.head(report.events_shown), video)
            begins, ends = seconds[there["first_frame"].to_numpy(int)], seconds[there["last_frame"].to_numpy(int) + 1]
            moments += zip(begins, np.minimum(ends, begins + LONGEST), strict=True)
        clips[video] = within(clips_around(moments, seconds, report.clip_margin), tables.spans[video])
    return clips


def within(clips: list[tuple[int, int]], spans: np.ndarray) -> list[tuple[int, int]]:
    """What of clips, first and last frame of each, lies in kept stretches, int (n, 2), first and stop of each."""
    pairs = [(max(a, first), min(b, stop - 1)) for a, b in clips for first, stop in spans.tolist()]
    return [(first, last) for first, last in pairs if first <= last]


def with_rates(moments: pd.DataFrame, threshold: Threshold) -> pd.DataFrame:
    """The moments, with whether each is an alarm and how often normal footage is as high."""
    scores = moments["score"].to_numpy(float)
    rates = threshold.rate.per_hour(scores) if threshold.rate else np.full(len(scores), np.nan)
    return moments.assign(alarm=scores >= threshold.value, normal_per_hour=rates)


def with_origin(events: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """The events with the file in which each begins, its second there, and the time of day where it is known."""
    rows = []
    for event in events.itertuples():
        clock = tables.began[event.video] + pd.Timedelta(seconds=event.start)
        rows.append((*tables.recorded_at(event.video, event.first_frame), clock))
    origin = pd.DataFrame(rows, columns=["file", "file_seconds", "clock"], index=events.index)
    return events.assign(**origin.astype({"clock": "datetime64[us]"}))


def around(event) -> tuple[float, float]:
    """First and last second that are shown of an event, a row of EVENTS."""
    return max(event.start, event.peak - LONGEST / 2), min(event.end, event.peak + LONGEST / 2)
