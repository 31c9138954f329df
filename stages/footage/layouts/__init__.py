"""The ways in which a data set lies on disk, each a module of three functions: matches, clips and truth."""

from pathlib import Path
from types import ModuleType

from stages.common.running.errors import InputError
from stages.common.source.pictures import files_below
from stages.footage.clips import kinds
from stages.footage.layouts import ano_pred, avenue, folder, recordings, shanghaitech, ubnormal, ucsd

# In the order in which they are tried: `folder` after ucsd, since train/ may be Train/ where case makes no
# difference; `recordings` last, since it takes whatever there is.
LAYOUTS = {
    "ano_pred": ano_pred,
    "avenue": avenue,
    "shanghaitech": shanghaitech,
    "ubnormal": ubnormal,
    "ucsd": ucsd,
    "folder": folder,
    "recordings": recordings,
}


def find_layout(source: Path, wanted: str) -> ModuleType:
    """The layout `wanted`, or where that is auto the first one that fits.

    Raises:
        InputError: no such folder or layout, no videos, or a name that is not UTF-8.
    """
    if not source.is_dir():
        raise InputError(f"{source}: no such folder; put the footage there, or a link to it (see data/raw/README.md)")
    if wanted != "auto" and wanted not in LAYOUTS:
        known = f"auto or one of {list(LAYOUTS)}"
        raise InputError(f"params.yaml: footage.layout: {wanted!r} is not known; expected {known}")
    files = list(files_below(source))
    for layout in LAYOUTS.values() if wanted == "auto" else [LAYOUTS[wanted]]:
        if layout.matches(source):
            return layout
    if wanted in ("auto", "recordings"):
        raise InputError(
            f"{source}: no video in it; expected videos of any kind that FFmpeg reads, or folders of pictures, "
            f"side by side, or sorted into train/ (normal) and test/ (to be searched); found {kinds(files, [source])}"
        )
    advice = "see data/raw/README.md, or set footage.layout to auto"
    raise InputError(f"{source}: not laid out as footage.layout: {wanted}; {advice}")


def is_own(layout: ModuleType) -> bool:
    """Whether a layout is that of footage as cameras leave it, which may be joined and cut; published sets are not."""
    return layout.__name__.rpartition(".")[2] in ("folder", "recordings")
