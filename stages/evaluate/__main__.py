"""Metrics of the test clips against their ground truth."""

from stages.common.cli import run_stage
from stages.common.files import save_json
from stages.common.params import load
from stages.common.paths import SetPaths
from stages.common.tables import FRAME_SCORES, LABELS, OBJECT_SCORES, REGIONS, SCORES, VIDEOS, read_table
from stages.evaluate.summary import Evaluate, summary


def run(name: str) -> str:
    paths, evaluate = SetPaths(name), load("evaluate", Evaluate, name)
    scores = read_table(paths.scores, SCORES)
    labels = read_table(paths.footage / "labels.parquet", LABELS)
    if labels.empty:
        videos = read_table(paths.footage / "videos.parquet", VIDEOS)
        tests = int((videos["split"] == "test").sum())
        save_json(paths.metrics, {"counts": {"videos": 0, "objects": int((scores["split"] == "test").sum())}})
        return f"nothing to evaluate: none of the {tests} test clips has labels; scores lie in {paths.frame_scores}"
    metrics = summary(
        read_table(paths.frame_scores / "frames.parquet", FRAME_SCORES),
        read_table(paths.frame_scores / "objects.parquet", OBJECT_SCORES),
        int(((scores["split"] == "test") & scores["video"].isin(labels["video"])).sum()),
        labels,
        read_table(paths.footage / "regions.parquet", REGIONS),
        evaluate,
    )
    save_json(paths.metrics, metrics)
    shown = ", ".join(
        f"{name} {metrics[name]:.4f}" if metrics[name] is not None else f"{name} undefined"
        for name in ("micro_auc", "macro_auc", "rbdc", "tbdc")
    )
    return f"{shown}, in {paths.metrics}"


if __name__ == "__main__":
    run_stage("evaluate", __doc__, run)
