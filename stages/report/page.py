"""The page of a set: what its template is told, all as words, numbers and places."""

from pathlib import Path

import jinja2

from stages.common.cues.all import ALL
from stages.common.metrics.headline import HEADLINE
from stages.common.tables.verdicts import COLUMNS
from stages.report.cards import FULL_BAR, Clips, event_card, fault_row, missed_row, place_of, timeline, track_row
from stages.report.findings import Findings
from stages.report.geometry import level
from stages.report.settings import Report
from stages.report.tables import Tables
from stages.report.words import (
    counted,
    duration,
    events_said,
    incidents_said,
    lost_said,
    percent,
    plain,
    threshold_said,
)

# Recording faults on the page at most; the table has all.
FAULTS_SHOWN = 100


def render(name: str, measured: dict, found: dict, run: dict) -> str:
    """The page of what the functions below tell of a set; every name in it is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    meanings = [(cue.TITLE, cue.MEANING) for cue in ALL.values()]
    known = {"name": name, "counted": counted, "meanings": meanings, "full_bar": round(FULL_BAR)}
    return environment.get_template("page.html").render(measured=measured, found=found, run=run, **known) + "\n"


def measured_of(metrics: dict, findings: Findings) -> dict:
    """What the set's labels say of the scores, of `metrics/<set>.json`, as rows: none without labels."""
    if "micro_auc" not in metrics:
        return {"headlines": [], "scorers": [], "types": []}
    return {"headlines": headlines(metrics, findings), "scorers": scorer_rows(metrics), "types": type_rows(metrics)}


def found_of(tables: Tables, findings: Findings, report: Report, clip_frames: dict) -> dict:
    """What was found and what was not, as rows and in words.

    The threshold is "", and its level in a timeline None, where there is none; `data` is for the script.

    Args:
        clip_frames: by test video, first and last frame of its clips.
    """
    clips, threshold = Clips(clip_frames, tables.seconds), findings.threshold
    shown = findings.moments.head(report.events_shown)
    footage = duration(tables.recorded())
    timelines, incidents = [timeline(v, tables, findings, clips, len(shown)) for v in tables.tests], findings.incidents
    return {
        "lead": f"{counted(len(tables.tests), 'video')}, {footage} of footage{lost_said(findings.faults)}",
        "said": events_said(len(findings.events), threshold),
        "event_count": len(findings.events),
        "moments": [event_card(event, clips, tables.shapes.loc[event.video]) for event in shown.itertuples()],
        "known_normal": findings.known_normal,
        "digest": report.digest and len(findings.events) > 0,
        "threshold": f"{threshold.value:.2f}" if threshold.rate else "",
        "level": level(threshold.value, findings.score_range) if threshold.rate else None,
        "timelines": timelines,
        "missed_said": incidents_said(int(incidents["found"].sum()), len(incidents), findings.boxed),
        "missed": [missed_row(incident, tables, clips) for incident in findings.missed.itertuples()],
        "tracks": [track_row(track, tables) for track in findings.seldom.itertuples()],
        "fault_count": len(findings.faults),
        "faults": [fault_row(fault, clips) for fault in findings.faults.head(FAULTS_SHOWN).itertuples()],
        "data": {
            "set": tables.name,
            "range": findings.score_range,
            "places": [place_of(event, tables) for event in shown.itertuples()],
            "verdicts": verdict_rows(tables),
            "timelines": [shown.pop("data") for shown in timelines],
        },
    }


def verdict_rows(tables: Tables) -> list[dict]:
    """The verdicts that stand, as rows of their file (tables/verdicts.py)."""
    rows = tables.verdicts.assign(set=tables.name)[COLUMNS].to_dict("records")
    return [{key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()} for row in rows]


def run_of(findings: Findings, report: Report, **about) -> dict:
    """What the page rests on: why the threshold is where it is; `about` are figures, parameters (YAML) and versions."""
    aside = int((findings.faults["alarm"] & (findings.faults["split"] == "held_out")).sum())
    return {"threshold_said": threshold_said(findings.threshold, report.false_alarms_per_hour, aside), **about}


def headlines(metrics: dict, findings: Findings) -> list[dict]:
    """Headline metrics with their intervals, and what the events come to."""
    shown = []
    for key, title in HEADLINE.items():
        bounds = metrics.get("interval", {}).get(key) or {}
        ends = [bounds.get(end) for end in ("low", "high")]
        low, high = (None, None) if None in ends else (round(100 * end, 1) for end in ends)
        said = "no interval of so few clips" if metrics.get(key) is not None else "undefined here"
        shown.append({"title": title, "value": percent(metrics.get(key)), "low": low, "high": high, "said": said})
    false = sum(label is False for label in findings.events["labelled"])
    value = f"{int(findings.incidents['found'].sum())} of {len(findings.incidents)}"
    said = f"labelled stretches; {counted(false, 'event')} without a label"
    return [*shown, {"title": "incidents found", "value": value, "low": None, "high": None, "said": said}]


def scorer_rows(metrics: dict) -> list[dict]:
    found = {"all cues, fused": metrics, "all cues, unsmoothed": metrics.get("raw", {})}
    found |= {cue.TITLE: metrics.get("cues", {}).get(name, {}) for name, cue in ALL.items()}
    found |= {f"for comparison: {plain(key)}": scorer for key, scorer in metrics.get("trivial", {}).items()}
    return [
        {"name": name, "micro": percent(scorer["micro_auc"]), "macro": percent(scorer["macro_auc"])}
        for name, scorer in found.items()
        if scorer.get("micro_auc") is not None
    ]


def type_rows(metrics: dict) -> list[dict]:
    return [
        {"name": plain(name), "tracks": kind["tracks"]} | {key: percent(kind[key]) for key in ("micro_auc", "coverage")}
        for name, kind in metrics.get("types", {}).items()
    ]
