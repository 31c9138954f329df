"""Adds a folder of footage as a data set: a link in data/raw, an entry in params.yaml, its name in datasets.yaml.

    python -m stages.footage.add gate ~/videos/gate
    python -m stages.footage.add gate ~/videos/gate --like ped2

The folder may lie in any layout that the footage stage knows, also as mere videos side by side or in folders by date
and hour; a set is one camera's view, and what looks like several is told. --like takes another set's detector, teacher
and training over: all but its sections `footage` and `decode`, which tell of its own footage. Networks calculate in the
precision in which this processor is fastest, which is put down, since the numbers depend on it.
"""

import argparse
import io
import json
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from textwrap import indent

import av
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.common.computing.precision import has_bfloat16
from stages.common.running.errors import InputError
from stages.common.running.files import written_whole
from stages.common.running.only import read_datasets, write_datasets
from stages.common.running.params import PARAMS, SECTIONS, check_name, read_tree
from stages.common.running.paths import SetPaths
from stages.common.source.videos import opened, picture_stream
from stages.common.tables.verdicts import write_verdicts
from stages.footage.clips import Clip
from stages.footage.clocks import camera_of
from stages.footage.layouts import find_layout, is_own

LOOKED_AT = 50  # files whose size is looked at, of all times
# What the owner of footage is likely to change first.
OF_RECORDINGS = """\
# What is normal, in quotes: recordings, days or stretches of time; or else which share of all time, from its beginning.
# normal: {names}
# normal_share: 0.5
"""
LIKELY = {
    "footage": """\
# Less of each file: seconds from its beginning.
# start_seconds: 0.0
# end_seconds: 600.0
# Frames a second, where the files tell it wrongly.
# fps: 25.0
""",
    "decode": """\
# rate: 12.5
# grey: true
# Where nothing is looked for, as a clock at the top left; corners in shares of the picture.
# areas: {ignore: [[[0, 0], [0.3, 0], [0.3, 0.1], [0, 0.1]]]}
""",
    "detect": "# every: 1\n# motion: {contrast: 24.0, min_height: 0.04}\n",
    "train": "# mirror: false  # a one-way road\n",
    "report": "# false_alarms_per_hour: 0.5\n# digest: true\n",
}


def add(name: str, folder: Path, like: str | None = None) -> str:
    """What to do next.

    Raises:
        InputError: a name that cannot be one or is taken, a folder in no known layout, no such set to be like, no right
            to make the link or to write, or a params.yaml that does not end with its sets.
    """
    paths = SetPaths(name)
    check_name(name)
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
    recordings = [clip.name for clip in clips if clip.split == "recording"]
    model = sets.get(like) or {}
    likeness = fitting({key: value for key, value in model.items() if value and key not in ("footage", "decode")})
    with ExitStack() as undo:
        try:
            paths.source.parent.mkdir(parents=True, exist_ok=True)
            paths.source.symlink_to(folder.resolve(), target_is_directory=True)
            undo.callback(paths.source.unlink)
            text = PARAMS.read_text()
            append(name, entry(name, likeness, recordings), likeness)
            undo.callback(PARAMS.write_text, text)
            if not paths.verdicts.exists():
                write_verdicts(paths.verdicts)
                undo.callback(paths.verdicts.unlink)
            # Whoever never ran the demo meets none of its missing files in `dvc status` and the like.
            others = [other for other in read_datasets() if other != "demo" or Path("data/demo").exists()]
            write_datasets([name, *others])
        except OSError as error:
            raise InputError(f"{error.filename}: cannot be made or written: {error.strerror}") from None
        undo.pop_all()
    hint = f"{len(clips)} clips are sorted into normal ones and ones to search."
    if recordings:
        normal = f"The first half of the time of all {len(recordings)} recordings is taken as normal"
        hint = f"{normal}; other ways are sets.{name}.footage in {PARAMS}."
    return (
        f"{hint}{unlike(folder, clips) if is_own(layout) else ''}\nNext: dvc repro sheets@{name} report@{name}\n"
        f"Then open {paths.report}/index.html: what was found, with clips of it. {paths.sheets} shows what was "
        f"detected, {paths.frame_scores} has the scores of every frame and object, and {paths.metrics}, if there are "
        "labels, the metrics."
    )


def fitting(sections: dict) -> dict:
    """The sections of a set with the precision that is fastest here, where the processor calculates."""
    if sections.get("computing", {}).get("device") == "cuda":
        return sections
    precision = "bfloat16" if has_bfloat16("cpu") else "float32"
    networks = ["train", "score", *({"detect"} & sections.keys())]
    return {**sections, **{name: {**sections.get(name, {}), "precision": precision} for name in networks}}


def unlike(folder: Path, clips: list[Clip]) -> str:
    """What there is to say of recordings that are not of one camera, by their folders and the size of some of them."""
    own = [clip for clip in clips if clip.kind == "file"]
    looked = own[:: max(1, len(own) // LOOKED_AT)]
    cameras = Counter(camera_of(Path(*clip.path.parent.parts[clip.split != "recording" :])) or "." for clip in own)
    sizes = Counter(size for clip in looked if (size := size_of(folder / clip.path)))
    words = [f"{count} in {camera}" for camera, count in cameras.items() if len(cameras) > 1]
    words += [f"{count} of {size}" for size, count in sizes.items() if len(sizes) > 1]
    if not words:
        return ""
    return f"\nThey look unlike each other: {', '.join(words)}. A set is one camera's view: better make one of each."


def size_of(path: Path) -> str:
    """Of a video's pictures, "" where it cannot be read."""
    try:
        with opened(path) as container:
            stream = picture_stream(container)
            return f"{stream.width}x{stream.height}"
    except (av.error.FFmpegError, IndexError, OSError):
        return ""


def entry(name: str, likeness: dict, recordings: list[str]) -> str:
    """The lines of a set: what it takes over, and, commented, what its owner is likely to change."""
    yaml = YAML()
    yaml.representer.ignore_aliases = lambda _: True
    yaml.width = 110
    yaml.indent(sequence=4, offset=2)
    lines = [f"\n  {name}:\n"]
    for section in (section for section in read_tree(PARAMS) if section in SECTIONS):
        text = io.StringIO()
        if section == "footage" and recordings:
            text.write(OF_RECORDINGS.format(names=json.dumps(recordings[:2], ensure_ascii=False)))
        taken = likeness.get(section, {})
        if taken:
            yaml.dump(taken, text)
        likely = LIKELY.get(section, "").splitlines(keepends=True)
        text.writelines(line for line in likely if line.lstrip("# ").split(":")[0] not in taken)
        inside = indent(text.getvalue(), " " * 6)
        lines.append(f"    {section}:\n{inside}" if inside else f"    {section}: {{}}\n")
    return "".join(lines)


def append(name: str, lines: str, likeness: dict) -> None:
    """Puts the lines of a set at the end of params.yaml, once the whole is seen to say just that besides."""
    before, text = read_tree(PARAMS), PARAMS.read_text().rstrip("\n") + "\n" + lines
    try:
        after = YAML(typ="safe").load(text)
    except YAMLError:
        after = {}
    sets = after.get("sets") or {}
    added = {section: values for section, values in (sets.pop(name, None) or {}).items() if values}
    if after | {"sets": sets} != before | {"sets": before.get("sets") or {}} or added != likeness:
        raise InputError(f"{PARAMS}: `sets` is not its last section, with names indented by two; make it so")
    with written_whole(PARAMS) as aside:
        aside.write_text(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of the set: letters, digits and _")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--like", metavar="SET", help="another set, whose detector and training it takes over")
    given = parser.parse_args()
    try:
        print(add(given.name, given.folder, given.like))
    except InputError as error:
        sys.exit(str(error))
