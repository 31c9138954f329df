"""Own footage that nobody has sorted: videos, or folders of pictures, side by side or in folders by date and hour.

gate_monday.mp4 ...
2026-11-25/14/03.10.mp4 ...
yard/000.jpg ...

Which part of it is normal say footage.normal and footage.normal_share in params.yaml.
"""

from pathlib import Path

from stages.footage.clips import TRUTH, Clip, Truth, own_clips


def matches(source: Path) -> bool:
    return bool(clips(source))


def clips(source: Path) -> list[Clip]:
    return own_clips(source, source, "recording", leave_out=TRUTH)


def truth(source: Path, clip: Clip, facts: dict) -> Truth:
    """Nothing but tracks may lie beside them; who has labels sorts the clips into train/ and test/."""
    return Truth(None, None)
