"""The page of a set: what its template is told, all as words, numbers and places."""

from dataclasses import dataclass
from pathlib import Path

import jinja2

from stages.common.cues.all import ALL
from stages.common.metrics.headline import HEADLINE
from stages.report.cards import FULL_BAR, Clips, event_card, fault_row, missed_row, timeline, track_row
from stages.report.findings import Findings
from stages.report.geometry import level
from stages.report.settings import Report
from stages.report.tables import Tables
from stages.report.words import counted, duration, incidents_said, percent, plain, threshold_said


@dataclass(frozen=True)
class Measured:
    """What the set's labels say of the scores, as rows: all empty without labels."""

    headlines: list[dict]
    scorers: list[dict]
    types: list[dict]


@dataclass(frozen=True)
class Found:
    """What was found and what was not, as rows and in words.

    Attributes:
        lead: what was looked through.
        event_count: of all events, of which `events` are shown.
        threshold, level: in words, and where it is in a timeline; "" and None where there is none.
        data: for the script.
    """

    lead: str
    event_count: int
    events: list[dict]
    threshold: str
    level: int | None
    timelines: list[dict]
    missed_said: str
    missed: list[dict]
    tracks: list[dict]
    faults: list[dict]
    data: dict


@dataclass(frozen=True)
class Run:
    """What the page rests on: why the threshold is where it is; title, png and svg of each figure; YAML; pairs."""

    threshold_said: str
    figures: list[dict]
    parameters: str
    versions: list[tuple[str, str]]


def render(name: str, measured: Measured, found: Found, run: Run) -> str:
    """The page; every name in it is escaped."""
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


def measured_of(metrics: dict, findings: Findings) -> Measured:
    """Of `metrics/<set>.json`."""
    if "micro_auc" not in metrics:
        return Measured([], [], [])
    return Measured(headlines(metrics, findings), scorer_rows(metrics), type_rows(metrics))


def found_of(
    tables: Tables, findings: Findings, report: Report, clip_frames: dict[str, list[tuple[int, int]]]
) -> Found:
    """What there is to tell; `clip_frames` are first and last frame of the clips of each test video."""
    clips, threshold = Clips(clip_frames, tables.seconds), findings.threshold
    shown, shapes = findings.events.head(report.events_shown), tables.videos.set_index("video")
    footage = duration(sum(tables.seconds[video][-1] - tables.seconds[video][0] for video in tables.tests))
    timelines, incidents = [timeline(v, tables, findings, clips, len(shown)) for v in tables.tests], findings.incidents
    return Found(
        lead=f"{counted(len(tables.tests), 'video')}, {footage} of footage",
        event_count=len(findings.events),
        events=[event_card(event, clips, shapes.loc[event.video]) for event in shown.itertuples()],
        threshold=f"{threshold.value:.2f}" if threshold.clips else "",
        level=level(threshold.value, findings.score_range) if threshold.clips else None,
        timelines=timelines,
        missed_said=incidents_said(int(incidents["found"].sum()), len(incidents), findings.boxed),
        missed=[missed_row(incident, tables, clips) for incident in findings.missed.itertuples()],
        tracks=[track_row(track, tables) for track in findings.seldom.itertuples()],
        faults=[fault_row(fault, clips) for fault in findings.faults.itertuples()],
        data={"range": findings.score_range, "timelines": [shown.pop("data") for shown in timelines]},
    )


def run_of(findings: Findings, report: Report, **about) -> Run:
    """`about` are figures, parameters and versions."""
    aside = int((findings.faults["alarm"] & (findings.faults["split"] == "held_out")).sum())
    return Run(threshold_said(findings.threshold, report.false_alarms_per_hour, aside), **about)


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
