"""The page of a set: what its template is told, all as words, numbers and places."""

import math
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import jinja2
import numpy as np
import pandas as pd

from stages.common.tables.schemas import CUES, TASKS
from stages.report.clips import clip_name, picture_name
from stages.report.events import KINDS
from stages.report.faults import runs
from stages.report.findings import Findings, around
from stages.report.settings import Report
from stages.report.tables import Tables, of_video
from stages.report.words import FAULTS_SAID, clock, counted, duration, percent, plain, stretch, threshold_said

HERE = Path(__file__).parent
# Places of a timeline that are drawn; of more frames the highest of each place counts.
STEPS = 240
# Deviations from which on a cue is worth a word, and at which its bar is full; so many words at most.
WORTH_A_WORD, FULL_BAR, WORDS = 2.0, 10.0, 3
# Seconds before its beginning from which on a moment is played.
LEAD = 1.0
HEADLINE = {"micro_auc": "micro AUC", "macro_auc": "macro AUC", "rbdc": "RBDC", "tbdc": "TBDC"}
CUE_NAMES = {
    "arrow": "arrow of time",
    "irregularity": "irregularity",
    "middle": "middle box",
    "distillation": "appearance",
    "features": "novelty",
    "shape": "shape",
    "velocity": "velocity",
}
CUE_MEANINGS = {
    "arrow": "the network takes the object's frames for frames played backwards",
    "irregularity": "it takes them for frames of which some have been left out",
    "middle": "it cannot tell from the frames around it how the object looks in the middle one",
    "distillation": "it cannot tell what the detector or the classifier says of how the object looks",
    "features": "what it sees in the object is far from all that it has been trained on",
    "shape": "its box is wider, narrower, taller or lower than those of the normal footage",
    "velocity": "the object's pixels move faster than what is normal here",
}

# From a video and a second of it to where that is played: file and its second, None where no clip shows it.
Played = Callable[[str, float], dict | None]


def render(
    name: str,
    tables: Tables,
    findings: Findings,
    report: Report,
    metrics: dict,
    spans: dict[str, list[tuple[int, int]]],
    **about: object,
) -> str:
    """The page; every name in it is escaped.

    Args:
        metrics: as `metrics/<set>.json`.
        spans: by test video, first and last frame of its clips.
        about: `figures` (title, png and svg), `parameters` (text) and `versions` (pairs).
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    clips = {video: clip_list(video, own, tables.seconds[video]) for video, own in spans.items()}
    events, least = findings.events, findings.least
    shapes = tables.videos.set_index("video")

    def played(video: str, second: float) -> dict | None:
        for file, first, last in clips.get(video, []):
            if first <= second <= last:
                return {"clip": file, "at": round(max(0.0, second - LEAD - first), 2)}
        return None

    return (
        environment.get_template("page.html").render(
            name=name,
            css=(HERE / "page.css").read_text(),
            js=(HERE / "page.js").read_text(),
            counted=counted,
            span=[round(value, 4) for value in findings.span],
            labelled=len(tables.labels) > 0,
            tiles=tiles(metrics, findings) if len(tables.labels) else [],
            scorers=scorer_rows(metrics),
            types=type_rows(metrics),
            total_events=len(events),
            footage=duration(sum(tables.seconds[video][-1] - tables.seconds[video][0] for video in tables.tests)),
            threshold=f"{least.value:.2f}" if least.clips else "",
            threshold_said=threshold_said(least, report.false_alarms_per_hour),
            level=round(200 * (1 - float(shares(least.value, findings.span)))) if least.clips else None,
            events=[
                event_card(row, played, shapes.loc[row.video]) for row in events.head(report.events_shown).itertuples()
            ],
            full_bar=round(FULL_BAR),
            meanings=[(CUE_NAMES[cue], meaning) for cue, meaning in CUE_MEANINGS.items()],
            videos=[timeline(video, tables, findings, clips[video]) for video in tables.tests],
            missed_said=missed_said(findings),
            stretches=[stretch_row(row, tables, played) for row in findings.stretches.itertuples()],
            tracks=[track_row(row, tables) for row in findings.seldom.itertuples()],
            faults=[fault_row(row, played) for row in findings.faults.itertuples()],
            **about,
        )
        + "\n"
    )


def clip_list(video: str, spans: list[tuple[int, int]], seconds: np.ndarray) -> list[tuple[str, float, float]]:
    """Of each clip of a video its address, and the first and last second of the footage in it."""
    return [
        (address(clip_name(video, first)), float(seconds[first]), float(seconds[last + 1])) for first, last in spans
    ]


def address(file: str) -> str:
    return f"clips/{quote(file)}"


def tiles(metrics: dict, findings: Findings) -> list[dict]:
    """Headline metrics with their intervals, and what the events come to."""
    shown = []
    for key, title in HEADLINE.items():
        bounds = metrics.get("interval", {}).get(key) or {}
        ends = [bounds.get(end) for end in ("low", "high")]
        low, high = (None, None) if None in ends else (round(100 * end, 1) for end in ends)
        said = "no interval of so few clips" if metrics.get(key) is not None else "undefined here"
        shown.append({"title": title, "value": percent(metrics.get(key)), "low": low, "high": high, "said": said})
    false = sum(label is False for label in findings.events["labelled"])
    covered = findings.labelled_stretches - len(findings.stretches)
    value = f"{covered} of {findings.labelled_stretches}"
    said = f"labelled stretches covered; {counted(false, 'event')} without a label"
    return [*shown, {"title": "events", "value": value, "low": None, "high": None, "said": said}]


def scorer_rows(metrics: dict) -> list[dict]:
    found = {"all cues, fused": metrics, "all cues, unsmoothed": metrics.get("raw", {})}
    found |= {CUE_NAMES[task]: metrics.get("tasks", {}).get(task, {}) for task in TASKS}
    found |= {CUE_NAMES[cue]: metrics.get(cue, {}) for cue in ("features", "shape", "velocity")}
    found |= {f"for comparison: {plain(key)}": own for key, own in metrics.get("trivial", {}).items()}
    return [
        {"name": name, "micro": percent(own["micro_auc"]), "macro": percent(own["macro_auc"])}
        for name, own in found.items()
        if own.get("micro_auc") is not None
    ]


def type_rows(metrics: dict) -> list[dict]:
    return [
        {
            "name": plain(name),
            "tracks": own["tracks"],
            "micro": percent(own["micro_auc"]),
            "coverage": percent(own["coverage"]),
        }
        for name, own in metrics.get("types", {}).items()
    ]


def event_card(event, played: Played, shape) -> dict:
    """What is shown of one event, a row of EVENTS; `shape` has the height and width of its frames."""
    cues = [(cue, value) for cue in CUES if not math.isnan(value := getattr(event, cue))]
    strong = [cue for cue, value in sorted(cues, key=lambda pair: -pair[1]) if value >= WORTH_A_WORD][:WORDS]
    why = "; ".join(KINDS[cue] for cue in strong or [event.cue] if cue) or "no object near"
    picture = picture_name(event.video, event.first_frame)
    return {
        "rank": event.event,
        "video": event.video,
        "when": stretch(event.start, event.end),
        "why": why,
        "sentence": why[0].upper() + why[1:],
        "score": f"{event.score:.1f}",
        "scene": address(f"{picture}_scene.jpg"),
        "height": max(1, round(320 * shape["height"] / shape["width"])),
        "strip": address(f"{picture}_strip.jpg") if event.box_frame >= 0 else "",
        "labelled": event.labelled,
        "cues": [
            {
                "name": CUE_NAMES[cue],
                "value": f"{value:.1f}",
                "width": round(100 * min(1.0, max(0.0, value / FULL_BAR))),
                "strong": cue in strong,
            }
            for cue, value in cues
        ],
        **played(event.video, around(event)[0]),
    }


def timeline(video: str, tables: Tables, findings: Findings, clips: list[tuple[str, float, float]]) -> dict:
    """What is drawn of one video: 200 units high, as many wide as there are places; `clips` as of `clip_list`."""
    scores, seconds = tables.scores(video), tables.seconds[video]
    events = of_video(findings.events, video)
    heights = np.round(200 * (1 - shares(thin(scores, seconds), findings.span))).astype(int)
    length = max(seconds[-1] - seconds[0], 1e-9)

    def places(stretches: list[tuple[int, int]]) -> list[tuple[float, float]]:
        ends = [[(seconds[at] - seconds[0]) / length * len(heights) for at in (a, b + 1)] for a, b in stretches]
        return [(round(left, 1), round(max(right - left, len(heights) / 400), 1)) for left, right in ends]

    return {
        "video": video,
        "said": f"{duration(length)}, highest {scores.max():.1f}, {counted(len(events), 'event')}",
        "start": round(float(seconds[0]), 2),
        "end": round(float(seconds[-1]), 2),
        "steps": len(heights),
        "points": " ".join(f"{x} {y}" for x, y in enumerate(heights)),
        "labelled": places(runs(tables.anomalous(video))),
        "events": places(frames_of(events)),
        "faults": places(frames_of(of_video(findings.faults, video))),
        "clips": "|".join(f"{first:.2f}*{last:.2f}*{file}" for file, first, last in clips),
    }


def frames_of(table: pd.DataFrame) -> list[tuple[int, int]]:
    return list(zip(table["first_frame"], table["last_frame"], strict=True))


def shares(scores: np.ndarray | float, span: tuple[float, float]) -> np.ndarray:
    """Where in the span scores lie, 0 to 1."""
    return np.clip((scores - span[0]) / max(span[1] - span[0], 1e-9), 0, 1)


def thin(scores: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """At most STEPS scores, evenly over time: of each stretch of time the highest, or that of the frame that is on.

    >>> thin(np.array([0.0, 5.0, 1.0]), np.array([0.0, 1.0, 2.0, 3.0])).tolist()
    [0.0, 5.0, 1.0]
    """
    edges = np.linspace(seconds[0], seconds[-1], min(STEPS, len(scores)) + 1)
    first = np.searchsorted(seconds[:-1], edges[:-1] + 1e-9, side="right") - 1
    last = np.searchsorted(seconds[:-1], edges[1:] - 1e-9, side="left") - 1
    return np.array([scores[a : max(a, b) + 1].max() for a, b in zip(first, last, strict=True)])


def missed_said(findings: Findings) -> str:
    covered = findings.labelled_stretches - len(findings.stretches)
    said = f"Events cover {covered} of the {findings.labelled_stretches} stretches that are labelled anomalous."
    if math.isnan(findings.boxed):
        return said
    return f"{said} A scored box is on {percent(findings.boxed)} of the labelled regions."


def stretch_row(row, tables: Tables, played: Played) -> dict:
    """Of a row of `missed_stretches`."""
    seconds = tables.seconds[row.video]
    start, end = seconds[row.first_frame], seconds[row.last_frame + 1]
    return {
        "video": row.video,
        "when": stretch(start, end),
        "what": plain(row.types) or "anomalous",
        "score": f"{row.score:.1f}",
        "boxed": percent(row.boxed),
        "why": f"missed: highest score {row.score:.1f}",
        "played": played(row.video, start),
    }


def track_row(row, tables: Tables) -> dict:
    """Of a row of `track_table`."""
    seconds = tables.seconds[row.video]
    return {
        "video": row.video,
        "when": stretch(seconds[row.first_frame], seconds[row.last_frame + 1]),
        "what": plain(row.type) or f"track {row.track}",
        "frames": row.frames,
        "boxed": percent(row.boxed),
    }


def fault_row(row, played: Played) -> dict:
    """Of a row of FAULTS."""
    return {
        "video": row.video,
        "normal": row.split == "held_out",
        "when": clock(row.start) if row.first_frame == row.last_frame else stretch(row.start, row.end),
        "what": FAULTS_SAID[row.kind],
        "why": FAULTS_SAID[row.kind],
        "alarm": "put down to it" if row.alarm else "none",
        "played": played(row.video, row.start),
    }
