"""Adds a folder of footage as a data set: a link in data/raw, an entry in params.yaml.

    python -m stages.footage.add gate ~/videos/gate
    python -m stages.footage.add gate ~/videos/gate --like ped2

The folder may lie in any layout that the footage stage knows, also as mere videos side by side. --like takes another
set's detector, teacher and training over: all but its sections `footage` and `decode`, which tell of its own footage.
"""

import argparse
import re
import sys
from pathlib import Path

from ruamel.yaml import YAML

from stages.common.running.errors import InputError
from stages.common.running.files import written_whole
from stages.common.running.params import PARAMS, SECTIONS, read_tree
from stages.common.running.paths import SetPaths
from stages.footage.__main__ import find_layout

# The sections that tell of a set's own footage.
OF_FOOTAGE = ("footage", "decode")


def add(name: str, folder: Path, like: str | None = None) -> str:
    """What to do next.

    Raises:
        InputError: a name that cannot be one or is taken, a folder in no known layout, or no such set to be like.
    """
    paths = SetPaths(name)
    if not re.fullmatch("[A-Za-z0-9_]+", name) or name in ("raw", "weights"):
        raise InputError(f"{name!r}: a set's name is made of letters, digits and _, and is not raw or weights")
    sets = read_tree(PARAMS).get("sets") or {}
    if like is not None and like not in sets:
        raise InputError(f"--like: {PARAMS} has no set {like!r}; known: {list(sets)}")
    if name in sets:
        raise InputError(f"{PARAMS}: sets.{name} is there already; take another name, or change it there")
    if paths.source.exists() or paths.source.is_symlink():
        raise InputError(f"{paths.source}: is there already; take another name, or remove it")
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    layout = find_layout(folder, "auto")
    clips = layout.clips(folder)
    write_entry(name, sets.get(like, {}))
    paths.source.parent.mkdir(parents=True, exist_ok=True)
    paths.source.symlink_to(folder.resolve(), target_is_directory=True)
    recordings = [clip for clip in clips if clip.split == "recording"]
    hint = (
        f"The first half of each of the {len(recordings)} recordings is taken as normal; other ways are "
        f"sets.{name}.footage.normal_clips and normal_share in {PARAMS}."
        if recordings
        else f"{len(clips)} clips are sorted into normal ones and ones to search."
    )
    return (
        f"{hint}\nNext: git commit params.yaml, and dvc repro sheets@{name} report@{name}\n"
        f"Then open {paths.report}/index.html: what was found, with clips of it. {paths.sheets} shows what was "
        f"detected, {paths.frame_scores} has the scores of every frame and object, and {paths.metrics}, if there are "
        "labels, the metrics."
    )


def write_entry(name: str, like: dict) -> None:
    """The set in params.yaml, with what of another one it takes over, and among those that `dvc repro` runs."""
    yaml = YAML()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(type(None), lambda own, _: own.represent_scalar("tag:yaml.org,2002:null", "null"))
    tree = yaml.load(PARAMS.read_text())
    tree["datasets"].insert(0, name)  # after the last stands the comment of the next section
    sections = [section for section in tree if section in SECTIONS]
    tree["sets"][name] = {section: {} if section in OF_FOOTAGE else like.get(section, {}) for section in sections}
    with written_whole(PARAMS) as aside, open(aside, "w") as file:
        yaml.dump(tree, file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of the set: letters, digits and _")
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--like", metavar="SET", help="the set in params.yaml whose detector and training it takes over"
    )
    given = parser.parse_args()
    try:
        print(add(given.name, given.folder, given.like))
    except InputError as error:
        sys.exit(str(error))
