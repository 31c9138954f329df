"""Beyond one number: each type of anomaly, each video, and what an operator would meet."""

import math

import numpy as np
import pandas as pd

from stages.common.metrics.frame import auc_per_video, micro_auc
from stages.common.metrics.incidents import alarm_curve, counts_at, hours_of, incidents, threshold_for
from stages.common.metrics.rate import heights_of, threshold
from stages.common.tables.verdicts import EVENT, NORMAL, SAID

# False alarms per hour that an operator may put up with.
RATES = {"one_in_10_hours": 0.1, "one_per_hour": 1.0, "ten_per_hour": 10.0}
# So many of the highest moments a person looks at first.
FIRST = (10, 20)


def by_type(frames: pd.DataFrame, regions: pd.DataFrame, covered: np.ndarray) -> dict[str, dict]:
    """Of each type of anomaly that the regions name: how many tracks, the frame-level AUC of its frames, coverage.

    The AUC is that of the frames in which there is such an anomaly against all normal frames of the set.

    Args:
        frames: video, frame, anomalous and score.
        regions: REGIONS, and of each whether the detector has a box there: `covered`, bool (regions,).
    """
    parts = {}
    for name in sorted(set(regions["type"]) - {""}):
        of_type = regions["type"] == name
        places = regions.loc[of_type, ["video", "frame"]].drop_duplicates().assign(marked=True)
        marked = frames.merge(places, on=["video", "frame"], how="left")
        chosen = marked["marked"].notna() | ~marked["anomalous"]
        parts[name] = {
            "tracks": len(regions.loc[of_type, ["video", "track"]].drop_duplicates()),
            "micro_auc": micro_auc(marked["anomalous"][chosen], marked["score"][chosen]),
            "coverage": float(covered[of_type.to_numpy()].mean()),
        }
    return parts


def operation(frames: pd.DataFrame, held_out: pd.DataFrame, peaks: pd.DataFrame) -> dict:
    """Which share of the incidents is found at so many false alarms per hour of normal footage.

    `found` is by the threshold that gives so many on the test clips themselves. `calibrated` is what an operator gets:
    by the threshold that the held-out normal clips give (rate.py), and the false alarms that it then really gives. NaN
    without the footage that the threshold is set by.

    Args:
        frames: video, frame, anomalous and fps of the test clips.
        held_out: fps of each frame of the held-out clips.
        peaks: PEAKS of both.
    """
    found_at, of_normal = incidents(frames), peaks["split"] == "held_out"
    alarming = peaks[~of_normal].assign(score=peaks["beyond"])
    curve, heights = alarm_curve(alarming, found_at), heights_of(peaks[of_normal])
    hours, held_out_hours = hours_of(frames[~frames["anomalous"]]), hours_of(held_out)
    count = len(found_at)

    def at(rate: float) -> dict:
        _, found = counts_at(curve, threshold_for(curve, rate * hours))
        false_alarms, calibrated = counts_at(curve, threshold(heights, held_out_hours, rate))
        return {
            "found": share(found, count if hours else 0),
            "calibrated": {
                "found": share(calibrated, count if held_out_hours else 0),
                "false_alarms_per_hour": share(false_alarms, hours if held_out_hours else 0),
            },
        }

    rates = {name: at(rate) for name, rate in RATES.items()}
    return {"count": count, "normal_hours": hours, "held_out_hours": held_out_hours, **rates}


def alarms(peaks: pd.DataFrame, hours: float, held_out_hours: float) -> dict:
    """What an operator gets, labels or not: by the threshold for each of RATES how many alarms, and how long in all.

    Args:
        peaks: PEAKS of the test and held-out clips, and fps of each.
        hours: of the test clips.
    """
    of_normal = peaks["split"] == "held_out"
    heights, rest = heights_of(peaks[of_normal]), peaks[~of_normal]
    seconds = (rest["last_frame"] - rest["first_frame"] + 1) / rest["fps"]

    def at(rate: float) -> dict:
        value = threshold(heights, held_out_hours, rate)
        over = rest["beyond"] >= value
        return {"threshold": value, "count": int(over.sum()), "seconds": float(seconds[over].sum())}

    rates = {name: at(rate) for name, rate in RATES.items()}
    highest = float(rest["beyond"].max()) if len(rest) else math.nan
    return {"hours": hours, "held_out_peaks": len(heights), "highest": highest, **rates}


def reviewed(peaks: pd.DataFrame, said: pd.Series, held_out_hours: float, hours: float) -> dict:
    """What the verdicts of people say of the alarms, of which those of what was called normal have learnt already.

    `first_<k>` is the share of events among the so many highest peaks that were called an event or normal; NaN where
    there are fewer. At one false alarm per hour: `found` of the peaks that were called an event, and alarms of what was
    called normal per hour.

    Args:
        peaks: PEAKS of the test and held-out clips.
        said: the verdicts, by their place in VERDICTS.
        hours: of the test clips.
    """
    of_normal = peaks["split"] == "held_out"
    heights, rest = heights_of(peaks[of_normal]), peaks[~of_normal]
    verdict = rest["verdict"].map(said)
    known, over = verdict.isin([EVENT, NORMAL]), rest["beyond"] >= threshold(heights, held_out_hours, 1.0)
    ranked = verdict[known].loc[rest["beyond"][known].sort_values(ascending=False, kind="stable").index] == EVENT
    return {
        "verdicts": {verdict: int((said == verdict).sum()) for verdict in SAID},
        **{f"first_{k}": ranked.head(k).mean() if len(ranked) >= k else math.nan for k in FIRST},
        "one_per_hour": {
            "found": share(int((over & (verdict == EVENT)).sum()), int((verdict == EVENT).sum())),
            "false_alarms_per_hour": share(int((over & (verdict == NORMAL)).sum()), hours),
        },
    }


def share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def per_video(frames: pd.DataFrame, regions: pd.DataFrame, covered: np.ndarray) -> pd.DataFrame:
    """A row per test clip: frames and anomalous ones, AUC (NaN of one class), highest score, incidents, coverage."""
    aucs = auc_per_video(frames["anomalous"], frames["score"], frames["video"], "mixed")
    columns = {"frames": ("frame", "size"), "anomalous_frames": ("anomalous", "sum"), "highest_score": ("score", "max")}
    table = frames.groupby("video").agg(**columns)
    table["incidents"] = incidents(frames)["video"].value_counts().reindex(table.index, fill_value=0)
    table["coverage"] = pd.Series(covered, dtype=float).groupby(regions["video"].to_numpy()).mean()
    return table.assign(auc=aucs).reset_index()
