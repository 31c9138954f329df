from helpers import walking_square, write_video

TOY = '''
"""Videos whose names begin with what they are: normal_gate.mp4, search_gate.mp4."""

from dataclasses import replace

import numpy as np

from stages.footage.clips import Truth, clips_in

SPLITS = {"normal": "train", "search": "test"}


def matches(source):
    return any(source.glob("search_*"))


def clips(source):
    return [replace(clip, split=SPLITS[clip.name.split("_")[0]]) for clip in clips_in(source, source, "train")]


def truth(source, clip, facts):
    return Truth(np.arange(facts["frames"]) == 3, None)
'''


def test_a_new_layout_is_a_file_and_a_line(project):
    for name in ("normal_a", "normal_b", "search_c"):
        write_video(project.source / f"{name}.mp4", walking_square(8))
    layouts = project.copy_stages() / "footage/layouts"
    (layouts / "toy.py").write_text(TOY.lstrip())
    known = (layouts / "__init__.py").read_text()
    assert known.count("LAYOUTS = {") == known.count("import ano_pred,") == 1
    known = known.replace("import ano_pred,", "import toy, ano_pred,").replace("LAYOUTS = {", 'LAYOUTS = {"toy": toy,')
    (layouts / "__init__.py").write_text(known)
    project.run_apart("footage")
    videos, labels = project.videos(), project.labels()
    assert dict(zip(videos["video"], videos["split"] == "test", strict=True)) == {
        "normal_a": False,
        "normal_b": False,
        "search_c": True,
    }
    assert labels["video"].unique().tolist() == ["search_c"]
    assert labels.loc[labels["anomalous"], "frame"].tolist() == [3]
