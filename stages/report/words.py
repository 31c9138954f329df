"""Numbers and findings in words."""

import math

import pandas as pd

from stages.common.metrics.rate import LEAST, at_most
from stages.report.alarms import Threshold

# By the kind of FAULTS.
FAULTS_SAID = {
    "lost": "frames are missing before this one",
    "doubled": "a frame comes twice",
    "frozen": "the picture stands still",
    "flash": "the whole picture flashes",
    "shake": "the camera shakes",
    "gap": "nothing was recorded",
    "clock": "the camera's clock jumps",
    "damaged": "the recording is damaged",
    "cut_off": "the recording is cut off",
    "unreadable": "the file cannot be read",
    "light": "the light was switched",
    "moved": "the camera was moved",
}


def lost_said(faults: pd.DataFrame) -> str:
    """How much time is lost by FAULTS, and how many files gave nothing; "" where nothing is lost."""
    lost, unread = float(faults["seconds"].sum()), int((faults["kind"] == "unreadable").sum())
    words = [f"{duration(lost) if lost >= 10 else f'{lost:.1f} s'} lost"] if lost else []
    words += [f"{counted(unread, 'file')} left out"] if unread else []
    return "".join(f", {word}" for word in words)


def clock(seconds: float) -> str:
    """
    >>> clock(7.04), clock(83.45), clock(3725.0)
    ('0:07.0', '1:23.4', '1:02:05.0')
    """
    tenths = int(round(10 * seconds))
    hours, minutes = divmod(tenths // 600, 60)
    rest = f"{tenths % 600 / 10:04.1f}"
    return f"{hours}:{minutes:02}:{rest}" if hours else f"{minutes}:{rest}"


def from_to(start: float, end: float) -> str:
    return f"{clock(start)} to {clock(end)}"


def duration(seconds: float) -> str:
    """
    >>> duration(12.34), duration(167), duration(7260)
    ('12 s', '2 min 47 s', '2 h 1 min')
    """
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def percent(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{100 * value:.1f}\u00a0%"


def plain(name: str) -> str:
    return name.replace("_", " ")


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def events_said(count: int, threshold: Threshold) -> str:
    """How many events there are, or that nobody can say."""
    if not threshold.rate:
        return "Too little normal footage to tell what is an event; the highest moments"
    return counted(count, "event") if count else "No event"


def rarity_said(per_hour: float) -> str:
    """How often normal footage is as high; "" where that is not known.

    >>> rarity_said(130.0), rarity_said(1.2), rarity_said(0.5), rarity_said(0.01), rarity_said(1e-6)
    ('about 130 times an hour', 'about once an hour', 'about once in 2 hours', 'about once in 4 days', 'hardly ever')
    """
    if math.isnan(per_hour):
        return ""
    if per_hour >= 1.5:
        return f"about {per_hour:.0f} times an hour"
    hours = 1 / max(per_hour, 1e-9)
    if hours < 1.5:
        return "about once an hour"
    if hours < 48:
        return f"about once in {hours:.0f} hours"
    return f"about once in {hours / 24:.0f} days" if hours < 24 * 365 else "hardly ever"


def threshold_said(threshold: Threshold, per_hour: float, faults: int) -> str:
    """What the threshold rests on; so many faults of the held-out clips have an alarm."""
    if not threshold.clips:
        return "There is no held-out normal footage, and so no threshold and no event."
    footage = f"{counted(threshold.clips, 'held-out normal clip')} of {duration(3600 * threshold.hours)} in all"
    aside = f", {counted(faults, 'alarm')} at recording faults aside" if faults else ""
    if not threshold.rate:
        return (
            f"There is too little held-out normal footage for a threshold: in {footage} an object rises above the "
            f"usual {counted(threshold.peaks, 'time')}{aside}, and {LEAST} are needed. More normal footage "
            "gives one."
        )
    often = "once" if per_hour == 1 else f"{per_hour:g} times"
    bound = math.ceil(at_most(threshold.reached, threshold.hours))
    return (
        f"The threshold of {threshold.value:.2f} is the height that normal footage reaches {often} an hour: "
        f"so says a tail fitted to {counted(threshold.peaks, 'peak')} of {footage}{aside}. "
        f"{threshold.reached or 'None'} of them reached it; by that count alone it could be {bound} times an hour at "
        f"most (95 %). More normal footage makes it surer."
    )


def incidents_said(found: int, incidents: int, boxed: float) -> str:
    """What was found; `boxed` is the share of labelled regions with a scored box, NaN without regions."""
    said = f"An incident is a stretch that is labelled anomalous. Events touch {found} of the {incidents}."
    return said if math.isnan(boxed) else f"{said} A scored box is on {percent(boxed)} of the labelled regions."
