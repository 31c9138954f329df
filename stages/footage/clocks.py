"""When a file was recorded, by the camera's clock: from its name, the folders it lies in, or its metadata."""

import re
from datetime import datetime
from pathlib import Path

DAY = r"(?<!\d)((?:19|20)\d\d)[-_./]?(\d\d)[-_./]?(\d\d)"
MOMENT = re.compile(DAY + r"[-_./T ]*(\d\d)[-_./:h]?(\d\d)[-_./:m]?(\d\d)(?!\d)")
HOURS = re.compile(r"(\d\d)[-_.:h](\d\d)[-_.:m](\d\d)(?!\d)")
DATE = re.compile(DAY + r"(?!\d)")
# Folders that are named for a time and tell nothing of a camera.
TIMED = re.compile(r"\d{1,4}([-_.]\d{1,2})*")


def clock_of(path: Path, created: str) -> datetime | None:
    """The time of day at which a file begins.

    Args:
        path: below the source folder.
        created: what its metadata tell, as FFmpeg writes it.

    >>> clock_of(Path("gate/2026-11-25/14/03.10.mp4"), ""), clock_of(Path("a.mp4"), "2026-11-25T14:03:10.000000Z")
    (datetime.datetime(2026, 11, 25, 14, 3, 10), datetime.datetime(2026, 11, 25, 14, 3, 10))
    """
    whole = path.with_name(stem_of(path)).as_posix()
    if clock := moment(MOMENT, whole):
        return clock
    day, hours = DATE.search(whole), HOURS.match(path.name)
    if day and hours:
        return to_datetime(*day.groups(), *hours.groups())
    # Some recorders write 1904 or 1970 where they do not know.
    clock = moment(MOMENT, created.replace(":", "-"))
    return clock if clock and clock.year > 1990 else None


def stem_of(path: Path) -> str:
    """A file's name without its suffix, which does not begin with a time's last digits.

    >>> stem_of(Path("a/b.3gp")), stem_of(Path("14.03.10")), stem_of(Path("14.03.10Z.h264"))
    ('b', '14.03.10', '14.03.10Z')
    """
    return path.name if re.fullmatch(r"\.\d\dZ?", path.suffix) else path.stem


def moment(pattern: re.Pattern, text: str) -> datetime | None:
    return next(filter(None, (to_datetime(*found.groups()) for found in pattern.finditer(text))), None)


def to_datetime(*numbers: str) -> datetime | None:
    """None where there is no such time."""
    try:
        return datetime(*map(int, numbers))
    except ValueError:
        return None


def camera_of(folder: Path) -> str:
    """What the folders that a file lies in say of its camera: those that are not named for a time.

    >>> camera_of(Path("gate/2026-11-25/14")), camera_of(Path("2026/11"))
    ('gate', '')
    """
    return "/".join(part for part in folder.parts if not TIMED.fullmatch(part))
