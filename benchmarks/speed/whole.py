"""From frames to frame scores: the stages that new footage goes through, on two cores, and their share of the time."""

import functools
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import joblib
import pandas as pd
import pyarrow.parquet as pq
import torch
from joblib.externals.loky import get_reusable_executor

from benchmarks.speed.machine import seconds
from benchmarks.speed.sample import Sample
from stages.common.frames.store import fill_store
from stages.common.network.network import load_network
from stages.common.network.tubes import regular_offsets
from stages.common.pretrained.weights import weights_file
from stages.common.running.params import load
from stages.common.running.pieces import single_threaded
from stages.common.tables.schemas import (
    CUE_VALUES,
    OBJECTS,
    read_table,
    write_table,
)
from stages.decode.clip import Grid, decode_clip
from stages.decode.settings import Decode
from stages.detect.clip import detect_clip, given_to, needs_weights
from stages.detect.settings import Detect
from stages.fuse.__main__ import object_scores, read_clips, read_cues
from stages.fuse.frames import per_frame
from stages.fuse.settings import Fuse
from stages.score.features import known_features
from stages.score.settings import Score
from stages.score.tasks import Learnt, score_clip
from stages.teach.settings import NEEDS_WEIGHTS as TEACHERS_WITH_WEIGHTS
from stages.teach.settings import Teach
from stages.teach.vectors import teach_clip
from stages.tubes.cut import cut_clip
from stages.tubes.settings import Tubes
from stages.velocity.__main__ import measure_clip

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
    together = joined(sample, folders, scratch)
    times["fuse"] = seconds(lambda: fused(sample, clips, together))
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


def stages(sample: Sample, footage: Path | None = None) -> dict[str, Callable]:
    """What is done to a clip (a row of VIDEOS), each with what the one before has left in its folder.

    footage: the tables that name its pictures, if they are not those of the set.
    """
    paths, name = sample.paths, sample.name
    detector, teacher = load("detect", Detect, name), load("teach", Teach, name)
    score, cut = load("score", Score, name), load("tubes", Tubes, name)
    found = weights_file(paths.weights / "detector") if needs_weights(detector) else None
    taught = weights_file(paths.weights / "teacher") if teacher.teacher in TEACHERS_WITH_WEIGHTS else None
    card = json.loads((paths.network / "model.json").read_text())
    learnt = sample.training_tubes(), paths.tubes, regular_offsets(card["half_length"]), card["mirror"]
    network = load_network(paths.network, card["architecture"])
    known = known_features(network, *learnt, score.precision, score.batch)
    by_classifier = teacher.compared == "classifier"
    work = {
        "decode": functools.partial(decode, footage or paths.footage, paths.source, load("decode", Decode, name)),
        "detect": functools.partial(detect, detector, found),
        "velocity": velocity,
        "tubes": functools.partial(tubes, cut),
        "teach": functools.partial(teach, teacher, taught),
        "score": functools.partial(scores, Learnt(paths.network, card, known, score, "cpu"), by_classifier),
    }
    return work if by_classifier else {stage: do for stage, do in work.items() if stage != "teach"}


def decode(footage, source, settings, clip, folder):
    grid = Grid(clip.frames, clip.fps, clip.width, clip.height)
    decode_clip(footage, source, ([], clip.video, []), grid, settings, folder)
    shutil.rmtree(folder / "store", ignore_errors=True)  # of the round before
    (folder / "store").mkdir()
    fill_store(folder / "store", [(clip.video, folder)])


def detect(settings, weights, clip, folder):
    given = [given_to(source, weights, pd.DataFrame([clip]))[clip.video] for source in settings.sources]
    detect_clip(folder / "store", clip.video, settings, given, "cpu", folder)


def velocity(clip, folder):
    measure_clip(folder / "store", clip.video, objects_in(folder), folder)


def tubes(settings, clip, folder):
    cut_clip(folder / "store", clip.video, "test", objects_in(folder), settings, folder)


def teach(settings, weights, clip, folder):
    teach_clip(folder / "clip.tubes", settings, weights, torch.device("cpu"), folder)


def scores(learnt, by_classifier, clip, folder):
    objects = objects_in(folder)
    teacher = folder / "vectors.npy" if by_classifier else None
    score_clip(objects, folder / "objects.parquet", folder / "clip.tubes", teacher, learnt, folder)


def objects_in(folder: Path) -> pd.DataFrame:
    return read_table(folder / "objects.parquet", OBJECTS)


def joined(sample: Sample, folders: dict[str, Path], scratch: Path) -> SimpleNamespace:
    """Where the tables of the clips lie that `fuse` reads, with those of the set's normal clips to calibrate by."""
    places = SimpleNamespace(detections=scratch, scores=scratch / "scores", velocity=scratch / "velocity")
    tables = [
        (sample.paths.detections / "objects.parquet", "objects", scratch / "objects.parquet", OBJECTS),
        (sample.paths.scores, "scores", places.scores, CUE_VALUES),
        (sample.paths.velocity, "velocity", places.velocity, CUE_VALUES),
    ]
    tests = sample.videos["video"][sample.videos["split"] == "test"]
    for source, name, target, schema in tables:
        normal = read_table(source, schema)
        found = [read_table(folder / f"{name}.parquet", schema) for folder in folders.values()]
        write_table(target, pd.concat([normal[~normal["video"].isin(tests)], *found]), schema)
    return places


def fused(sample: Sample, clips: pd.DataFrame, places: SimpleNamespace) -> None:
    videos, settings = sample.videos[sample.videos["split"] != "test"], load("fuse", Fuse, sample.name)
    videos = pd.concat([videos, clips])
    found = read_clips(sample.paths, load("tubes", Tubes, sample.name))._replace(videos=videos)
    objects = object_scores(read_cues(places, videos), found, settings)
    per_frame(objects, found, settings)
