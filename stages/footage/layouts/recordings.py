"""Own footage that nobody has sorted: videos, or folders of pictures, side by side.

gate_monday.mp4 ...
yard/000.jpg ...

Which part of it is normal say footage.normal_clips and footage.normal_share in params.yaml.
"""

from pathlib import Path

from stages.common.source.pictures import images_in, visible
from stages.footage.clips import VIDEO_SUFFIXES, Clip, Truth, clips_in


def matches(source: Path) -> bool:
    return any(path.suffix.lower() in VIDEO_SUFFIXES or (path.is_dir() and images_in(path)) for path in visible(source))


def clips(source: Path) -> list[Clip]:
    other = [path.relative_to(source) for path in visible(source) if path.is_dir() and not images_in(path)]
    return clips_in(source, source, "recording", leave_out=other)


def truth(source: Path, clip: Clip, facts: dict) -> Truth:
    """Nothing but tracks may lie beside them; who has labels sorts the clips into train/ and test/."""
    return Truth(None, None)
