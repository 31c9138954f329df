"""The page of a set, from tables: everything that is shown as words, places and colours."""

import math
from pathlib import Path
from urllib.parse import quote

import jinja2
import numpy as np
import pandas as pd

from stages.common.tables import CUES, TASKS
from stages.report.events import KINDS, Threshold
from stages.report.faults import runs

HERE = Path(__file__).parent
# Places of a timeline that are drawn; of more frames the highest of each place counts.
STEPS = 240
# Deviations from which on a cue is worth a word, and at which its bar is full.
WORTH_A_WORD, FULL_BAR = 2.0, 10.0
# Seconds before its first frame at which an event is played from.
LEAD = 1.0
HEADLINE = {"micro_auc": "micro AUC", "macro_auc": "macro AUC", "rbdc": "RBDC", "tbdc": "TBDC"}
CUE_NAMES = {
    "arrow": "arrow of time",
    "irregularity": "irregularity",
    "middle": "middle box",
    "distillation": "appearance",
    "velocity": "velocity",
}
FAULTS_SAID = {
    "lost": "frames are missing before this one",
    "doubled": "a frame comes twice",
    "frozen": "the picture stands still",
    "flash": "the whole picture flashes",
    "shake": "the camera shakes",
}


def render(**content: object) -> str:
    """The page; every name in it is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    parts = {kind: (HERE / f"page.{kind}").read_text() for kind in ("css", "js")}
    return environment.get_template("page.html").render(**content, **parts, counted=counted) + "\n"


def clock(seconds: float) -> str:
    """
    >>> clock(7.04), clock(83.45), clock(3725.0)
    ('0:07.0', '1:23.4', '1:02:05.0')
    """
    tenths = int(round(10 * seconds))
    hours, minutes = divmod(tenths // 600, 60)
    rest = f"{tenths % 600 / 10:04.1f}"
    return f"{hours}:{minutes:02}:{rest}" if hours else f"{minutes}:{rest}"


def duration(seconds: float) -> str:
    """
    >>> duration(12.34), duration(167), duration(7260)
    ('12 s', '2 min 47 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def counted(number: int, thing: str) -> str:
    """
    >>> counted(1, "event"), counted(0, "event")
    ('1 event', '0 events')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def percent(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{100 * value:.1f} %"


def number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "any number"


def tiles(metrics: dict, events: pd.DataFrame, found: tuple[int, int] | None) -> list[dict]:
    """Headline metrics with their intervals, and what the events come to; none where there are no labels.

    Args:
        metrics: as `metrics/<set>.json`.
        found: how many labelled stretches events cover, of how many; None where there are no labels.
    """
    if found is None:
        return []
    shown = []
    for key, title in HEADLINE.items():
        bounds = metrics.get("interval", {}).get(key) or {}
        ends = [bounds.get(end) for end in ("low", "high")]
        low, high = (None, None) if None in ends else (round(100 * end, 1) for end in ends)
        said = "no interval of so few clips" if metrics.get(key) is not None else "undefined here"
        shown.append({"title": title, "value": percent(metrics.get(key)), "low": low, "high": high, "said": said})
    false = int((events["labelled"] == False).sum())  # noqa: E712  null is neither
    words = f"labelled stretches covered; {counted(false, 'event')} without a label"
    shown.append({"title": "events", "value": f"{found[0]} of {found[1]}", "low": None, "high": None, "said": words})
    return shown


def scorer_rows(metrics: dict) -> list[dict]:
    found = {"four tasks and velocity, fused": metrics, "unsmoothed": metrics.get("raw", {})}
    found |= {CUE_NAMES[task]: metrics.get("tasks", {}).get(task, {}) for task in TASKS}
    found |= {
        "velocity": metrics.get("velocity", {}),
        "the box's width": metrics.get("trivial", {}).get("box_width", {}),
    }
    return [
        {"name": name, "micro": percent(own.get("micro_auc")), "macro": percent(own.get("macro_auc"))}
        for name, own in found.items()
        if own.get("micro_auc") is not None
    ]


def type_rows(metrics: dict) -> list[dict]:
    return [
        {
            "name": name.replace("_", " "),
            "tracks": own["tracks"],
            "micro": percent(own["micro_auc"]),
            "coverage": percent(own["coverage"]),
        }
        for name, own in metrics.get("types", {}).items()
    ]


def event_card(event, clip: tuple[str, float], height: int) -> dict:
    """What is shown of one event (a row of EVENTS).

    Args:
        clip: the file that shows it and the second of the footage at which that begins.
        height: of its scene in pixels.
    """
    cues = [(cue, value) for cue in CUES if not math.isnan(value := getattr(event, cue))]
    strong = [cue for cue, value in sorted(cues, key=lambda pair: -pair[1]) if value >= WORTH_A_WORD]
    why = "; ".join(KINDS[cue] for cue in strong[:3] or [event.cue] if cue) or "no object near"
    if event.objects > 1:
        why += f" ({event.objects} objects)"
    pictures = f"clips/{quote(event.video)}_{event.first_frame}"
    return {
        "event": event.event,
        "video": event.video,
        "clip": f"clips/{quote(clip[0])}",
        "at": round(max(0.0, event.start - LEAD - clip[1]), 2),
        "title": f"{event.video}, {clock(event.start)} to {clock(event.end)}",
        "when": f"{clock(event.start)} to {clock(event.end)}",
        "why": why,
        "sentence": why[0].upper() + why[1:],
        "score": f"{event.score:.1f}",
        "scene": f"{pictures}_scene.jpg",
        "height": height,
        "strip": f"{pictures}_strip.jpg" if event.box_frame >= 0 else "",
        "labelled": None if event.labelled is None or event.labelled is pd.NA else bool(event.labelled),
        "cues": [
            {
                "name": CUE_NAMES[cue],
                "value": f"{value:.1f}",
                "width": round(100 * min(1.0, max(0.0, value / FULL_BAR))),
                "strong": cue in strong[:3],
            }
            for cue, value in cues
        ],
    }


def timeline(
    video: str,
    scores: np.ndarray,
    seconds: np.ndarray,
    anomalous: np.ndarray,
    events: pd.DataFrame,
    faults: pd.DataFrame,
    clips: list[tuple[str, float, float]],
    span: tuple[float, float],
) -> dict:
    """What is drawn of one video: 200 units high, as many wide as there are places.

    Args:
        scores, anomalous: (frames,).
        seconds: float (frames + 1,), when each frame begins and the last one ends.
        events, faults: EVENTS and FAULTS of this video.
        clips: file, first and last second of each.
        span: lowest and highest score that there is room for.
    """
    heights = [round(200 * (1 - share)) for share in shares(thin(scores, seconds), span)]
    steps = len(heights)
    length = max(seconds[-1] - seconds[0], 1e-9)

    def place(first: int, last: int) -> tuple[float, float]:
        left, right = ((seconds[at] - seconds[0]) / length * steps for at in (first, last + 1))
        return round(left, 1), round(max(right - left, steps / 400), 1)

    highest = f"highest {scores.max():.1f}" if len(scores) else "no frames"
    said = f"{duration(length)}, {highest}, {counted(len(events), 'event')}"
    return {
        "video": video,
        "said": said,
        "start": round(float(seconds[0]), 2),
        "end": round(float(seconds[-1]), 2),
        "steps": steps,
        "points": " ".join(f"{x} {y}" for x, y in enumerate(heights)),
        "labelled": [place(first, last) for first, last in runs(anomalous)],
        "events": [place(row.first_frame, row.last_frame) for row in events.itertuples()],
        "faults": [place(row.first_frame, row.last_frame) for row in faults.itertuples()],
        "clips": "|".join(f"{first:.2f}*{last:.2f}*clips/{quote(name)}" for name, first, last in clips),
    }


def shares(scores: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """Where in the span scores lie, 0 to 1."""
    return np.clip((scores - span[0]) / max(span[1] - span[0], 1e-9), 0, 1)


def thin(scores: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """At most STEPS scores, evenly over time: of each stretch of time the highest, or that of the frame that is on.

    >>> thin(np.array([0.0, 5.0, 1.0]), np.array([0.0, 1.0, 2.0, 3.0])).tolist()
    [0.0, 5.0, 1.0]
    """
    steps = min(STEPS, len(scores))
    edges = np.linspace(seconds[0], seconds[-1], steps + 1)
    first = np.searchsorted(seconds[:-1], edges[:-1] + 1e-9, side="right") - 1
    last = np.searchsorted(seconds[:-1], edges[1:] - 1e-9, side="left") - 1
    return np.array([scores[a : max(a, b) + 1].max() for a, b in zip(first, last, strict=True)])


def threshold_said(least: Threshold, per_hour: float) -> str:
    wished = f"{per_hour:g} false alarm{'' if per_hour == 1 else 's'} per hour"
    if not least.clips:
        return "There is no held-out normal footage, so that there is no threshold and no event."
    footage = f"{counted(least.clips, 'held-out normal clip')} of {duration(3600 * least.hours)} in all"
    if least.told:
        return f"The threshold of {number(least.value)} is the lowest that gives at most {wished} on {footage}."
    return (
        f"The threshold of {number(least.value)} is the lowest at which none of the normal footage alarms: {footage}. "
        f"That is too little to tell {wished} from none; more held-out footage (footage.held_out) makes it surer."
    )


def fault_rows(faults: pd.DataFrame) -> list[dict]:
    return [
        {
            "video": row.video + (" (normal)" if row.split == "held_out" else ""),
            "when": f"{clock(row.start)} to {clock(row.end)}",
            "what": FAULTS_SAID[row.kind],
            "alarm": "put down to it" if row.alarm else "none",
        }
        for row in faults.itertuples()
    ]


def stretch_rows(stretches: pd.DataFrame, seconds: dict[str, np.ndarray]) -> list[dict]:
    """As of `missed_stretches`; `seconds` by video."""
    return [
        {
            "video": row.video,
            "when": when(row, seconds),
            "what": row.types.replace("_", " ") or "anomalous",
            "score": f"{row.score:.1f}",
            "boxed": percent(row.boxed),
        }
        for row in stretches.itertuples()
    ]


def track_rows(tracks: pd.DataFrame, seconds: dict[str, np.ndarray]) -> list[dict]:
    """As of `track_table`; `seconds` by video."""
    return [
        {
            "video": row.video,
            "when": when(row, seconds),
            "what": row.type.replace("_", " ") or f"track {row.track}",
            "frames": row.frames,
            "boxed": percent(row.boxed),
        }
        for row in tracks.itertuples()
    ]


def when(row, seconds: dict[str, np.ndarray]) -> str:
    own = seconds[row.video]
    return f"{clock(own[row.first_frame])} to {clock(own[row.last_frame + 1])}"
