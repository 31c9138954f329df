"""From frames to frame scores: the stages that new footage goes through, on two cores, and their share of the time."""

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import joblib
import pandas as pd
import pyarrow.parquet as pq
import torch
from joblib.externals.loky import get_reusable_executor

from benchmarks.speed.machine import seconds
from benchmarks.speed.sample import Sample
from stages.common.computing.precision import settled
from stages.common.frames.recordings import ClipFrames
from stages.common.network.network import load_network
from stages.common.network.tubes import regular_offsets
from stages.common.pretrained.weights import weights_file
from stages.common.running.params import load
from stages.common.running.pieces import single_threaded
from stages.common.tables.schemas import BOX, DETECTIONS, SCORES, VELOCITY, read_table, searched_every
from stages.decode.__main__ import Decode
from stages.decode.frames import pack_frames
from stages.detect.detectors import NEEDS_WEIGHTS, Detect, detect_clip
from stages.fuse.__main__ import with_shape, with_velocity
from stages.fuse.fusion import Fuse, frame_scores, object_scores
from stages.score.features import normal_features
from stages.score.tasks import Score, score_clip
from stages.teach.vectors import NEEDS_WEIGHTS as TEACHERS_WITH_WEIGHTS
from stages.teach.vectors import Teach, teach_clip
from stages.tubes.cut import clip_rows, cut_clip
from stages.tubes.settings import Tubes
from stages.velocity.flow import velocity_clip

CLIPS, WORKERS = 4, 2


def whole(sample: Sample, scratch: Path) -> Iterator[dict]:
    """A row per stage: its share of the time; and one for all: frames per second, objects per frame.

    The clips are done stage by stage, as the pipeline does them, by two processes that have loaded what they need.
    """
    clips = sample.videos[sample.videos["split"] == "test"].sort_values("video").head(CLIPS)
    folders = {clip.video: scratch / clip.video for clip in clips.itertuples()}
    for folder in folders.values():
        folder.mkdir()
    with joblib.Parallel(n_jobs=WORKERS) as pool:
        times: dict[str, float] = {}
        for stage, work in stages(sample).items():
            jobs = [joblib.delayed(alone)(work, clip, folders[clip.video]) for clip in clips.itertuples(index=False)]
            for _ in range(2):  # the first time, each process loads code and weights
                times[stage] = seconds(lambda jobs=jobs: pool(jobs))
    # Else this process would wait for its idle workers' patience to end before it does.
    get_reusable_executor().shutdown()
    times["fuse"] = seconds(lambda: fused(sample, clips, folders))
    frames, total = int(clips["frames"].sum()), sum(times.values())
    objects = sum(pq.read_metadata(folder / "scores.parquet").num_rows for folder in folders.values())
    for stage, spent in times.items():
        share = {"limit": "of the time", "share": spent / total}
        yield {"step": f"of that, {stage}", "unit": "frames", "rate": frames / spent, **share}
    name = f"frames to frame scores, {WORKERS} cores, {objects / frames:.1f} objects a frame"
    yield {"step": name, "unit": "frames", "rate": frames / total}


def alone(work: Callable, clip, folder: Path) -> None:
    with single_threaded():
        work(clip, folder)


def stages(sample: Sample) -> dict[str, Callable]:
    """What is done to a clip (a row of VIDEOS), each with what the one before has left in its folder."""
    paths, name = sample.paths, sample.name
    detector, teacher = settled(load("detect", Detect, name), "cpu"), load("teach", Teach, name)
    score, cut = settled(load("score", Score, name), "cpu"), load("tubes", Tubes, name)
    found = weights_file(paths.weights / "detector", "") if NEEDS_WEIGHTS & set(detector.sources) else None
    taught = weights_file(paths.weights / "teacher", "") if teacher.teacher in TEACHERS_WITH_WEIGHTS else None
    card = json.loads((paths.network / "model.json").read_text())
    learnt = sample.tubes("train"), paths.tubes, regular_offsets(card["half_length"]), card["mirror"]
    network = load_network(paths.network, card["architecture"])
    normal = normal_features(network, *learnt, score.precision, score.batch)
    by_classifier = score.distillation == "classifier"
    work = {
        "decode": functools.partial(decode, sample.paths, load("decode", Decode, name)),
        "detect": functools.partial(detect, detector, found),
        "velocity": velocity,
        "tubes": functools.partial(tubes, cut),
        "teach": functools.partial(teach, teacher, taught),
        "score": functools.partial(scores, cut, paths.network, card, normal, score),
    }
    return work if by_classifier else {stage: do for stage, do in work.items() if stage != "teach"}


def decode(paths, settings, clip, folder):
    path = (paths.footage if clip.kind == "rendered" else paths.source) / clip.path
    shape, span = (clip.frames, clip.height, clip.width), (clip.first, clip.step)
    pack_frames(path, clip.kind, shape, span, settings.grey, folder)


def detect(settings, weights, clip, folder):
    detect_clip(ClipFrames(clip.video, [folder / "frames.npy"], 0), settings, weights, "cpu", folder)


def velocity(clip, folder):
    velocity_clip(folder / "frames.npy", by_frame(folder), folder)


def tubes(settings, clip, folder):
    cut_clip(folder / "frames.npy", "test", by_frame(folder), settings, folder)


def teach(settings, weights, clip, folder):
    teach_clip(folder / "tubes.npy", settings, weights, torch.device("cpu"), folder)


def scores(cut, network, card, normal, settings, clip, folder):
    rows = clip_rows(by_frame(folder), clip.video, "test", clip.frames, cut)
    teacher = folder / "vectors.npy" if settings.distillation == "classifier" else None
    score_clip(rows, folder / "tubes.npy", teacher, network, card, normal, settings, "cpu", folder)


def by_frame(folder: Path) -> pd.DataFrame:
    detections = read_table(folder / "detections.parquet", DETECTIONS)
    return detections.sort_values("frame", kind="stable", ignore_index=True)


def fused(sample: Sample, clips: pd.DataFrame, folders: dict[str, Path]) -> None:
    """The clips' scores fused, with the set's held-out clips to calibrate by."""
    known = sample.videos[sample.videos["split"] == "held_out"]
    tables = []
    for file, schema in (("scores", SCORES), ("velocity", VELOCITY)):
        held_out = read_table(getattr(sample.paths, file), schema)
        held_out = held_out[held_out["video"].isin(known["video"])]
        found = [read_table(folder / f"{file}.parquet", schema) for folder in folders.values()]
        tables.append(pd.concat([held_out, *found]).sort_values(["video", "frame", *BOX], ignore_index=True))
    cues = with_shape(with_velocity(*tables, sample.paths), sample.paths, sample.videos)
    videos, settings = pd.concat([known, clips]), load("fuse", Fuse, sample.name)
    frame_scores(object_scores(cues, videos, settings), videos, settings, searched_every(cues["frame"].to_numpy()))
