"""What is shown of one event, of one thing that was missed, of one fault, of one video: words and places."""

import math
from urllib.parse import quote

import numpy as np
import pandas as pd

from stages.common.cues.all import ALL
from stages.common.metrics.incidents import stretches
from stages.report.clips import clip_name, picture_name
from stages.report.findings import Findings, around
from stages.report.geometry import heights, strokes
from stages.report.tables import Tables, of_video
from stages.report.words import FAULTS_SAID, clock, counted, duration, from_to, percent, plain, rarity_said, sentence

# From how much on above the normal a cue is worth a word, and at which its bar is full; so many words at most.
WORTH_A_WORD, FULL_BAR, WORDS = 2.0, 10.0, 3
# Seconds before its beginning from which on a moment is played; and by which a clip may miss it: both are rounded.
LEAD, ROUNDED = 1.0, 0.001


class Clips:
    """The clips of a set, and where in them a moment is.

    Args:
        frames: by test video, first and last frame of its clips.
        seconds: by video, when each frame begins and the last one ends, float (frames + 1,).
    """

    def __init__(self, frames: dict[str, list[tuple[int, int]]], seconds: dict[str, np.ndarray]):
        self.of_video: dict[str, list[tuple[str, float, float]]] = {video: [] for video in frames}
        for video, clips in frames.items():
            for first, last in clips:
                begin, end = float(seconds[video][first]), float(seconds[video][last + 1])
                self.of_video[video].append((address(clip_name(video, first)), begin, end))

    def played(self, video: str, second: float) -> dict | None:
        """The clip that shows a second of a video, and its second from which on; None where no clip does."""
        for file, first, last in self.of_video.get(video, []):
            if first - ROUNDED <= second <= last + ROUNDED:
                return {"clip": file, "at": round(max(0.0, second - LEAD - first), 2)}
        return None


def address(file: str) -> str:
    return f"clips/{quote(file)}"


def event_card(event, clips: Clips, shape) -> dict:
    """Of a row of EVENTS; `shape` has the height and width of its frames."""
    cues = {cue: value for cue in ALL if not math.isnan(value := getattr(event, cue))}
    strong = [cue for cue in sorted(cues, key=lambda cue: -cues[cue]) if cues[cue] >= WORTH_A_WORD][:WORDS]
    why = "; ".join(ALL[cue].SAYS for cue in strong or [event.cue] if cue)
    why = f"{event.object_class}: {why}" if event.object_class else why
    picture = picture_name(event.video, event.first_frame, event.track)
    return {
        "rank": event.event,
        "video": event.video,
        "when": from_to(event.start, event.end),
        "clock": "" if event.clock is pd.NaT else f"{event.clock:%Y-%m-%d %H:%M:%S}",
        "origin": f"{event.file}, {clock(event.file_seconds)}",
        "why": sentence(why),
        "score": f"{event.score:.1f}",
        "scene": address(f"{picture}_scene.jpg"),
        "height": max(1, round(320 * shape["height"] / shape["width"])),
        "strip": address(f"{picture}_strip.jpg"),
        "alarm": event.alarm,
        "rarity": rarity_said(event.normal_per_hour),
        "labelled": event.labelled,
        "verdict": event.verdict,
        "cues": [
            {"name": ALL[cue].TITLE, "value": f"{value:.1f}", "width": bar_width(value), "strong": cue in strong}
            for cue, value in cues.items()
        ],
        "played": clips.played(event.video, around(event)[0]),
    }


def place_of(event, tables: Tables) -> list:
    """Of a row of EVENTS what a verdict says of where it is (PLACE of tables/verdicts.py)."""
    recording, second = tables.recorded_at(event.video, event.peak_frame)
    box = tables.shares(event.video, np.array([[event.x1, event.y1, event.x2, event.y2]]))[0]
    times = second, event.peak - event.start, event.end - event.peak
    return [recording, *(round(float(value), 3) for value in times), *box]


def bar_width(value: float) -> int:
    """In percent of the widest."""
    return round(100 * min(1.0, max(0.0, value / FULL_BAR)))


def timeline(video: str, tables: Tables, findings: Findings, clips: Clips, shown: int) -> dict:
    """Of one video; `shown` events have a card."""
    scores, seconds = tables.scores(video), tables.seconds[video]
    events, faults = (of_video(table, video).sort_values("first_frame") for table in (findings.events, findings.faults))
    files = [{"file": f, "first": round(a, 2), "last": round(b, 2)} for f, a, b in clips.of_video[video]]
    curve = heights(scores, seconds, findings.score_range)
    ends = [table[["first_frame", "last_frame"]].to_numpy(int) for table in (events, faults)]
    marks = zip(("labelled", "events", "faults"), (stretches(tables.anomalous(video)), *ends), strict=True)
    return {
        "video": video,
        "said": f"{duration(seconds[-1] - seconds[0])}, highest {scores.max():.1f}, {counted(len(events), 'event')}",
        "width": len(curve),
        "points": " ".join(f"{x} {y}" for x, y in enumerate(curve)),
        **{name: strokes(frames, seconds, len(curve)) for name, frames in marks},
        "links": [(row.event, from_to(row.start, row.end)) for row in events.itertuples() if row.event <= shown],
        "data": {
            "video": video,
            "start": round(float(seconds[0]), 2),
            "end": round(float(seconds[-1]), 2),
            "clips": files,
        },
    }


def missed_row(incident, tables: Tables, clips: Clips) -> dict:
    """Of a row of `incident_table`."""
    seconds = tables.seconds[incident.video]
    start, end = seconds[incident.first_frame], seconds[incident.last_frame + 1]
    return {
        "video": incident.video,
        "when": from_to(start, end),
        "what": plain(incident.types) or "anomalous",
        "score": f"{incident.score:.1f}",
        "boxed": percent(incident.boxed),
        "why": f"Missed: highest score {incident.score:.1f}",
        "played": clips.played(incident.video, start),
    }


def track_row(track, tables: Tables) -> dict:
    """Of a row of `track_table`."""
    seconds = tables.seconds[track.video]
    return {
        "video": track.video,
        "when": from_to(seconds[track.first_frame], seconds[track.last_frame + 1]),
        "what": plain(track.type) or f"track {track.track}",
        "frames": track.frames,
        "boxed": percent(track.boxed),
    }


def fault_row(fault, clips: Clips) -> dict:
    """Of a row of FAULTS."""
    return {
        "video": fault.video,
        "file": fault.path,
        "normal": fault.split == "held_out",
        "when": when_of(fault),
        "what": fault.said,
        "why": sentence(FAULTS_SAID[fault.kind]),
        "alarm": "put down to it" if fault.alarm else "none",
        "played": clips.played(fault.video, fault.start) if fault.first_frame >= 0 else None,
    }


def when_of(fault) -> str:
    """The moment of a row of FAULTS; "" where its file gave no clip."""
    if fault.first_frame < 0:
        return ""
    return clock(fault.start) if fault.first_frame == fault.last_frame else from_to(fault.start, fault.end)
