"""Puts the numbers of metrics/ into README.md and RESULTS.md: tables and sentences between markers, nothing by hand.

    python -m benchmarks.results

What stands between `<!-- scores demo -->` and `<!-- / -->` is what `scores("demo")` gives, and so on: BLOCKS.
"""

import json
import re
from pathlib import Path

import pandas as pd

from stages.common.running.files import written_whole

DOCUMENTS = [Path("README.md"), Path("RESULTS.md")]
LEVELS = ["micro_auc", "macro_auc", "macro_auc_mixed", "rbdc", "tbdc"]
TRIVIAL = {"box_width": "box width", "box_speed": "box speed", "not_person": "1 − P(person)", "random": "chance"}
NAMES = {"micro_auc": "micro", "macro_auc": "macro", "rbdc": "RBDC", "tbdc": "TBDC"}


def metrics_of(name: str) -> dict:
    return json.loads(Path(f"metrics/{name}.json").read_text())


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def table(titles: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [titles, ["---"] * len(titles), *rows])


def scores(name: str) -> str:
    """All cues together, as they are and unsmoothed, each alone, and what anyone could score by."""
    metrics = metrics_of(name)
    alone = sorted(metrics["cues"].items(), key=lambda item: -item[1]["micro_auc"])
    rows = [("**as set**", metrics), ("unsmoothed", metrics["raw"]), *((f"{cue} alone", own) for cue, own in alone)]
    known = [(TRIVIAL[scorer], own) for scorer, own in metrics["trivial"].items() if own["micro_auc"] is not None]
    rows += [(f"trivial: {scorer}", own) for scorer, own in known]
    return table(
        ["", "micro", "macro", "mixed", "RBDC", "TBDC"],
        [[title, *(percent(own.get(level)) for level in LEVELS)] for title, own in rows],
    )


def types(name: str) -> str:
    """Each kind of anomaly against all normal frames."""
    kinds = sorted(metrics_of(name)["types"].items(), key=lambda item: -item[1]["micro_auc"])
    return table(
        ["", "tracks", "micro", "share of regions with a scored box"],
        [
            [kind.replace("_", " "), str(own["tracks"]), percent(own["micro_auc"]), percent(own["coverage"])]
            for kind, own in kinds
        ],
    )


def sure(name: str) -> str:
    """How sure the numbers are, and what an operator would meet."""
    metrics = metrics_of(name)
    known = [(title, metrics["interval"][level]) for level, title in NAMES.items()]
    ends = [f"{title} {percent(own['low'])} to {percent(own['high'])}" for title, own in known]
    found, hour = metrics["incidents"], metrics["incidents"]["one_per_hour"]
    count, own = found["count"], hour["calibrated"]
    false = round(own["false_alarms_per_hour"] * found["normal_hours"])
    alarms = f"{false or 'no'} false alarm{'s' * (false > 1)} in {3600 * found['normal_hours']:.0f} s"
    return (
        f"95 % bootstrap intervals over the {metrics['counts']['videos']} clips: {', '.join(ends)}. Equal error rate "
        f"{percent(metrics['equal_error_rate'])} %, average precision {percent(metrics['average_precision'])} %; "
        f"{percent(metrics['coverage'])} % of the regions have a scored box. Of {count} incidents "
        f"{round(hour['found'] * count)} are found without a false alarm. By the threshold for one false alarm per "
        f"hour, which {3600 * found['held_out_hours']:.0f} s of held-out normal footage give, "
        f"{round(own['found'] * count)} are, with {alarms} of normal test frames."
    )


def folds() -> str:
    """False alarms on normal footage that was not learnt from."""
    titles = ["searched", "calibrated by", "above the highest normal score", "threshold for one per hour", "alarms"]
    return table(titles, [
        [f"{row.fold}, {row.searched_seconds:.0f} s", f"{row.held_out_seconds:.0f} s", str(row.above_highest),
         f"{row.threshold_one_per_hour:.1f}", str(row.above_one_per_hour)]
        for row in pd.read_csv("metrics/folds.csv").itertuples()
    ])  # fmt: skip


def headline() -> str:
    """The README's table."""
    four, seeds = [level for level in LEVELS if level in NAMES], metrics_of("seeds_ped2")
    rows = [
        [title, *(percent(metrics_of(name)[level]) for level in four), f"`make {command}`"]
        for title, name, command in (("demo", "demo", "run"), ("UCSD Ped2", "ped2", "ped2"))
    ]
    spread = [f"{percent(seeds[level]['mean'])} ± {percent(seeds[level]['deviation'])}" for level in four]
    rows.append(["… mean of three other seeds, by an earlier version", *spread, "`make ped2-seeds`"])
    return table(["", "micro AUC", "macro AUC", "RBDC", "TBDC", ""], rows)


BLOCKS = {"scores": scores, "types": types, "sure": sure, "folds": folds, "headline": headline}


def filled(text: str) -> str:
    """A document with all of its blocks made anew."""

    def block(found: re.Match) -> str:
        kind, *of = found[1].split()
        return f"<!-- {found[1]} -->\n{BLOCKS[kind](*of)}\n<!-- / -->"

    return re.sub(r"<!-- (\w[\w ]*) -->\n.*?<!-- / -->", block, text, flags=re.DOTALL)


if __name__ == "__main__":
    for document in DOCUMENTS:
        with written_whole(document) as aside:
            aside.write_text(filled(document.read_text()))
