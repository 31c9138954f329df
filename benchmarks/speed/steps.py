"""Each step of the pipeline on one clip, on one thread (training on all): how fast, and beside what.

Each function takes a sample and a scratch folder, and gives rows of the table: step, unit, rate (units per second),
baseline, ratio (how many times the baseline's rate), limit and share (of the rate that the limit allows).
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.speed import plain
from benchmarks.speed.machine import gemm_rate, operations
from benchmarks.speed.sample import Sample, paired
from stages.common.params import load
from stages.common.tables import BOX, FRAME_SCORES, LABELS, OBJECT_SCORES, REGIONS, SCORES, TASKS, VELOCITY, read_table
from stages.common.weights import weights_file
from stages.decode.__main__ import Decode
from stages.decode.frames import pack_frames
from stages.detect.detectors import NEEDS_WEIGHTS, NETWORKS, Detect, detect_clip
from stages.detect.recordings import clips_of
from stages.evaluate.summary import Evaluate, labelled, summary
from stages.fuse.__main__ import with_velocity
from stages.fuse.boxes import searched_every
from stages.fuse.fusion import Fuse, frame_scores, object_scores
from stages.score.features import normal_features
from stages.score.tasks import Score, score_tubes
from stages.teach.vectors import NEEDS_WEIGHTS as TEACHERS_WITH_WEIGHTS
from stages.teach.vectors import Teach, load_teacher
from stages.train.loader import TubeSet, batches
from stages.train.loop import run_epoch
from stages.train.losses import task_losses
from stages.train.network import Network, load_network, to_network
from stages.train.settings import Train
from stages.train.tasks import irregular_offsets, middle_of, regular_offsets, take_offsets
from stages.tubes.cut import cut_clip, cut_tube
from stages.tubes.settings import Tubes
from stages.velocity.flow import velocity_clip

CPU = torch.device("cpu")
# Objects in a measurement of training, and of loading.
TRAINED, LOADED = 512, 6400


def row(step: str, unit: str, count: int, times: tuple[float, float | None], baseline: str = "", **more) -> dict:
    return {"step": step, "unit": unit, "rate": count / times[0], "baseline": baseline, "ratio": times[1], **more}


def decode(sample: Sample, folder: Path) -> Iterator[dict]:
    clip = sample.videos.set_index("video").loc[sample.video]
    path = (sample.paths.footage if clip["kind"] == "rendered" else sample.paths.source) / clip["path"]
    shape, span = tuple(clip[["frames", "height", "width"]]), (clip["first"], clip["step"])
    grey = load("decode", Decode, sample.name).grey
    yield row("decode", "frames", shape[0], paired(lambda: pack_frames(path, clip["kind"], shape, span, grey, folder)))


def detect(sample: Sample, folder: Path) -> Iterator[dict]:
    settings = load("detect", Detect, sample.name)
    needed = NEEDS_WEIGHTS & set(settings.sources)
    weights = weights_file(sample.paths.weights / "detector", "the benchmark") if needed else None
    clip = {clip.video: clip for clip in clips_of(sample.videos, sample.paths.frames, True)}[sample.video]
    for source in settings.sources:
        own = replace(settings, sources=[source])
        plainly = replace(own, precision="float32")
        other = (
            (lambda plainly=plainly: detect_clip(clip, plainly, weights, "cpu", folder)) if source in NETWORKS else None
        )
        times = paired(lambda own=own: detect_clip(clip, own, weights, "cpu", folder), other, rounds=1)
        searched = len(sample.frames[:: settings.every])
        yield row(f"detect: {source}", "frames", searched, times, "float32" if other else "")


def velocity(sample: Sample, folder: Path) -> Iterator[dict]:
    packed, detections = sample.paths.frames / f"{sample.video}.npy", sample.detections
    times = paired(lambda: velocity_clip(packed, detections, folder))
    yield row("velocity", "frames", detections["frame"].nunique(), times)


def tubes(sample: Sample, folder: Path) -> Iterator[dict]:
    packed, settings = sample.paths.frames / f"{sample.video}.npy", load("tubes", Tubes, sample.name)
    objects = sample.detections
    places = list(zip(objects["frame"], objects[BOX].to_numpy(), strict=True))
    cut = [int(settings.half_length), settings.size, settings.context]

    def to_files() -> None:
        frames = np.load(packed)
        plain.write_files([cut_tube(frames, int(middle), box, *cut) for middle, box in places], folder)

    times = paired(lambda: cut_clip(packed, "test", objects, settings, folder), to_files)
    yield row("tubes", "objects", len(objects), times, "a file of float32 per object")


def teach(sample: Sample, folder: Path) -> Iterator[dict]:
    settings = load("teach", Teach, sample.name)
    needed = settings.teacher in TEACHERS_WITH_WEIGHTS
    weights = weights_file(sample.paths.weights / "teacher", "the benchmark") if needed else None
    teacher = load_teacher(settings, weights, CPU)
    crops = np.array(
        middle_of(TubeSet(sample.tubes("train"), sample.paths.tubes, sample.paths.teacher).tubes(np.arange(512)))
    )
    times = paired(lambda: teacher(crops), lambda: [teacher(crop[None]) for crop in crops])
    yield row("teach", "objects", len(crops), times, "one crop at a time")


def training(sample: Sample) -> tuple[Network, TubeSet, Train, Tubes]:
    card = json.loads((sample.paths.network / "model.json").read_text())
    data = TubeSet(sample.tubes("train"), sample.paths.tubes, sample.paths.teacher)
    network = load_network(sample.paths.network, card["architecture"])
    return network, data, load("train", Train, sample.name), load("tubes", Tubes, sample.name)


def read(sample: Sample, folder: Path) -> Iterator[dict]:
    """Shuffled batches from shards, float32 and ready for the network."""
    network, data, settings, cut = training(sample)
    order = np.random.default_rng(0).permutation(len(data))[:LOADED]
    files = plain.write_files(data.tubes(order[:TRAINED]), folder)
    draw = np.random.default_rng(0)
    steps = (settings.min_step, settings.max_step)

    def shards() -> None:
        for _ in batches(data, order, settings.batch, cut.half_length, steps, draw, network, CPU):
            pass

    def from_files() -> None:
        for _ in range(0, len(order), TRAINED):
            for start in range(0, len(files), settings.batch):
                plain.read_files(files, np.arange(start, min(start + settings.batch, len(files))))

    yield row("read batches", "objects", len(order), paired(shards, from_files), "a file of float32 per object")


def train(sample: Sample, folder: Path) -> Iterator[dict]:
    """Steps of training, reading and all, on all threads; of the four tasks with weight 1."""
    network, data, settings, cut = training(sample)
    network.train()
    order = np.random.default_rng(0).permutation(len(data))[:TRAINED]
    files = plain.write_files(data.tubes(order), folder)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-6)
    still = torch.optim.lr_scheduler.ConstantLR(optimizer, 1.0)
    half, draw = cut.half_length, np.random.default_rng(0)
    reach = cut.reach

    def plain_loop() -> None:
        for start in range(0, TRAINED, settings.batch):
            part = np.arange(start, min(start + settings.batch, TRAINED))
            wide = plain.read_files(files, part)
            skipped = irregular_offsets(half, settings.min_step, settings.max_step, len(part), draw) + reach
            irregular = torch.stack([tube[:, offsets] for tube, offsets in zip(wide, skipped, strict=True)])
            teacher = network.standardised(torch.from_numpy(data.teacher(order[part])))
            known = torch.from_numpy(data.class_scores[order[part]])
            regular = wide[:, :, reach - half : reach + half + 1]
            losses = plain.plain_losses(network, regular, irregular, known, teacher)
            optimizer.zero_grad()
            sum(losses.values()).backward()
            optimizer.step()

    ours = paired(lambda: run_epoch(network, data, order, half, settings, draw, optimizer, still), plain_loop, rounds=5)
    batch = next(batches(data, order, settings.batch, half, (settings.min_step, settings.max_step), draw, network, CPU))
    asked = operations(lambda: sum(task_losses(network, batch, set(TASKS)).values()).backward())
    yield limited(row("train", "objects", TRAINED, ours, "plain float32"), asked / settings.batch, settings.precision)


def score(sample: Sample, folder: Path) -> Iterator[dict]:
    network, _, _, cut = training(sample)
    settings, objects = load("score", Score, sample.name), sample.tubes("clip")
    shard = np.load(sample.paths.tubes / f"{sample.video}.npy")[: 4 * 256]
    offsets = regular_offsets(cut.half_length)
    shard = np.ascontiguousarray(take_offsets(shard, offsets))
    learnt = sample.tubes("train"), sample.paths.tubes, offsets, settings.precision, settings.batch
    normal = normal_features(network, *learnt)
    known = np.stack(objects["class_scores"].to_list())[: len(shard)]
    parts = [slice(start, start + settings.batch) for start in range(0, len(shard), settings.batch)]
    vectors = None
    if settings.distillation == "classifier":
        vectors = np.load(sample.paths.teacher / f"{sample.video}.npy")[: len(shard)].astype(np.float32)

    def fast() -> None:
        for part in parts:
            own = None if vectors is None else vectors[part]
            score_tubes(network, shard[part], known[part], own, normal, settings.precision)

    @torch.inference_mode()
    def plainly() -> None:
        for start in range(0, len(shard), 256):
            plain.plain_answers(network, to_network(shard[start : start + 256], CPU))

    found = row("score", "objects", len(shard), paired(fast, plainly), "plain float32")
    yield limited(found, operations(fast) / len(shard), settings.precision)


def limited(found: dict, operations_each: float, precision: str) -> dict:
    """The row with what matrix products alone would allow."""
    most = gemm_rate(precision) / operations_each
    limit = f"{precision} products, {operations_each / 1e9:.2f} GFLOP each"
    return {**found, "limit": limit, "share": found["rate"] / most}


def fuse(sample: Sample, folder: Path) -> Iterator[dict]:
    paths, settings = sample.paths, load("fuse", Fuse, sample.name)
    cues = with_velocity(read_table(paths.scores, SCORES), read_table(paths.velocity, VELOCITY), paths)
    frames = int(sample.videos["frames"][sample.videos["split"] != "train"].sum())

    def run() -> None:
        found = object_scores(cues, sample.videos, settings)
        frame_scores(found, sample.videos, settings, searched_every(cues["frame"].to_numpy()))

    yield row("fuse", "frames", frames, paired(run))


def evaluate(sample: Sample, folder: Path) -> Iterator[dict]:
    paths, settings = sample.paths, load("evaluate", Evaluate, sample.name)
    tables = labelled(
        read_table(paths.frame_scores / "frames.parquet", FRAME_SCORES),
        read_table(paths.frame_scores / "objects.parquet", OBJECT_SCORES),
        read_table(paths.scores, SCORES),
        sample.videos,
        read_table(paths.footage / "labels.parquet", LABELS),
        read_table(paths.footage / "regions.parquet", REGIONS),
    )
    yield row("evaluate", "frames", len(tables.frames), paired(lambda: summary(tables, settings)))


STEPS = [decode, detect, velocity, tubes, teach, read, train, score, fuse, evaluate]
