"""Each step of the pipeline on one clip, on one thread (training on all): how fast, and beside what.

Each function takes a sample and a scratch folder, and gives rows of the table.
"""

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks.speed import plain
from benchmarks.speed.machine import operations
from benchmarks.speed.rows import limited, row
from benchmarks.speed.sample import Sample, paired
from benchmarks.speed.training import TRAINED, pooling, train, training
from stages.common.network.tubes import middle_of, regular_offsets, take_offsets
from stages.common.pretrained.weights import weights_file
from stages.common.running.params import load
from stages.common.tables.schemas import BOX, VERDICTS
from stages.common.tables.shards import Shard
from stages.decode.clip import Grid, decode_clip
from stages.decode.settings import Decode
from stages.detect.clip import detect_clip, given_to, needs_weights
from stages.detect.detectors import DETECTORS
from stages.detect.settings import Detect
from stages.evaluate.__main__ import read_tables
from stages.evaluate.summary import summary
from stages.fuse.__main__ import object_scores, read_clips
from stages.fuse.cues import read_cues
from stages.fuse.frames import per_frame
from stages.fuse.settings import Fuse
from stages.score.features import known_features
from stages.score.settings import Score
from stages.score.tasks import score_tubes
from stages.teach.settings import NEEDS_WEIGHTS as TEACHERS_WITH_WEIGHTS
from stages.teach.settings import Teach
from stages.teach.vectors import load_teacher
from stages.train.loader import batches
from stages.train.loop import BATCH
from stages.tubes.cut import cut_clip, cut_tube
from stages.tubes.settings import Tubes
from stages.velocity.__main__ import measure_clip

CPU = torch.device("cpu")
# Objects in a measurement of loading.
LOADED = 6400


def decode(sample: Sample, folder: Path) -> Iterator[dict]:
    clip = sample.videos.set_index("video").loc[sample.video]
    grid, settings = Grid(*clip[["frames", "fps", "width", "height"]]), load("decode", Decode, sample.name)
    what = sample.paths.footage, sample.paths.source, ([], sample.video, []), grid, settings, folder
    yield row("decode", "frames", grid.frames, paired(lambda: decode_clip(*what)))


def detect(sample: Sample, folder: Path) -> Iterator[dict]:
    settings = load("detect", Detect, sample.name)
    weights = weights_file(sample.paths.weights / "detector") if needs_weights(settings) else None
    for source in settings.sources:
        alone = replace(settings, sources=[source])
        given = [given_to(source, weights, sample.videos)[sample.video]]

        def find(settings: Detect, given: list = given) -> None:
            detect_clip(sample.paths.frames, sample.video, settings, given, "cpu", folder)

        plainly = functools.partial(find, replace(alone, precision="float32"))
        precise = "precision" in DETECTORS[source].settings
        times = paired(functools.partial(find, alone), plainly if precise else None, rounds=1)
        searched = len(sample.frames.searched(settings.every))
        yield row(f"detect: {source}", "frames", searched, times, "float32" if precise else "")


def velocity(sample: Sample, folder: Path) -> Iterator[dict]:
    objects = sample.objects
    times = paired(lambda: measure_clip(sample.paths.frames, sample.video, objects, folder))
    yield row("velocity", "frames", objects["frame"].nunique(), times)


def tubes(sample: Sample, folder: Path) -> Iterator[dict]:
    settings, objects = load("tubes", Tubes, sample.name), sample.objects
    places = list(zip(objects["frame"], objects[BOX].to_numpy(), strict=True))
    cut = [int(settings.half_length), settings.size, settings.context]

    def to_files() -> None:
        frames = sample.frames
        plain.write_files([cut_tube(frames, int(middle), box, *cut) for middle, box in places], folder)

    clip = sample.paths.frames, sample.video, "test", objects
    times = paired(lambda: cut_clip(*clip, settings, folder), to_files)
    yield row("tubes", "objects", len(objects), times, "a file of float32 per object")


def teach(sample: Sample, folder: Path) -> Iterator[dict]:
    settings = load("teach", Teach, sample.name)
    needed = settings.teacher in TEACHERS_WITH_WEIGHTS
    weights = weights_file(sample.paths.weights / "teacher") if needed else None
    teacher = load_teacher(settings, weights, CPU)
    data = sample.tube_set()
    crops = np.array(middle_of(data.tubes(np.arange(min(512, len(data))))))
    times = paired(lambda: teacher(crops), lambda: [teacher(crop[None]) for crop in crops])
    yield row("teach", "objects", len(crops), times, "one crop at a time")


def read(sample: Sample, folder: Path) -> Iterator[dict]:
    """Shuffled batches from shards, float32 and ready for the network."""
    network, data, _, cut = training(sample)
    order = np.random.default_rng(0).permutation(len(data))[:LOADED]
    files = plain.write_files(data.tubes(order[:TRAINED]), folder)
    draw = np.random.default_rng(0)

    def shards() -> None:
        for _ in batches(data, order, BATCH, cut, draw, network, CPU):
            pass

    def from_files() -> None:
        for _ in range(0, len(order), TRAINED):
            for start in range(0, len(files), BATCH):
                plain.read_files(files, np.arange(start, min(start + BATCH, len(files))))

    yield row("read batches", "objects", len(order), paired(shards, from_files), "a file of float32 per object")


def score(sample: Sample, folder: Path) -> Iterator[dict]:
    network, _, trained, cut = training(sample)
    settings, objects = load("score", Score, sample.name), sample.objects
    shard = Shard(sample.paths.tubes / f"{sample.video}.tubes")[: 4 * 256]
    offsets = regular_offsets(cut.half_length)
    shard = np.ascontiguousarray(take_offsets(shard, offsets))
    learnt = sample.training_tubes(), sample.paths.tubes, offsets, trained.mirror, settings.precision, settings.batch
    known = known_features(network, *learnt)
    class_scores = np.stack(objects["class_scores"].to_list())[: len(shard)].astype(np.float32)
    parts = [slice(start, start + settings.batch) for start in range(0, len(shard), settings.batch)]
    vectors = None
    if load("teach", Teach, sample.name).compared == "classifier":
        vectors = np.load(sample.paths.teacher / f"{sample.video}.npy")[: len(shard)].astype(np.float32)

    def fast() -> None:
        for part in parts:
            compared = None if vectors is None else vectors[part]
            score_tubes(network, shard[part], class_scores[part], compared, known, settings.precision)

    def plainly() -> None:
        for start in range(0, len(shard), 256):
            plain.plain_scores(network, shard[start : start + 256], class_scores[start : start + 256])

    found = row("score", "objects", len(shard), paired(fast, plainly), "plain float32")
    yield limited(found, operations(fast) / len(shard), settings.precision)


def fuse(sample: Sample, folder: Path) -> Iterator[dict]:
    paths, settings = sample.paths, load("fuse", Fuse, sample.name)
    clips = read_clips(paths, load("tubes", Tubes, sample.name))
    cues = read_cues(paths, clips.videos, pd.DataFrame(columns=VERDICTS.names))
    frames = int(sample.videos["frames"][sample.videos["split"] != "train"].sum())

    def run() -> None:
        objects = object_scores(cues, clips, settings)
        per_frame(objects, clips, settings)

    yield row("fuse", "frames", frames, paired(run))


def evaluate(sample: Sample, folder: Path) -> Iterator[dict]:
    tables, *_ = read_tables(sample.paths)
    yield row("evaluate", "frames", len(tables.frames), paired(lambda: summary(tables)))


STEPS = [decode, detect, velocity, tubes, teach, read, pooling, train, score, fuse, evaluate]
