"""Draws the README's picture: one frame with its objects and their scores, and the clip's score over time below.

python docs/draw_picture.py demo test_01 100 docs/picture.png
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

ENLARGE = 2
CURVE_HEIGHT = 130
INK, SHADE, LINE, MARK = (60, 60, 60), (214, 214, 246), (160, 80, 30), (40, 40, 200)


def colour_of(score: float, low: float, high: float) -> tuple[int, int, int]:
    """BGR from green (`low` or less) over yellow to red (`high` or more)."""
    share = float(np.clip((score - low) / (high - low), 0, 1))
    return (40, int(200 * min(1, 2 - 2 * share)), int(220 * min(1, 2 * share)))


def draw_frame(frame: np.ndarray, objects: pd.DataFrame, low: float, high: float) -> np.ndarray:
    """The frame, uint8 (H, W[, 3]), enlarged, with a box and its score for each row of OBJECT_SCORES."""
    picture = cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame
    picture = cv2.resize(picture, None, fx=ENLARGE, fy=ENLARGE, interpolation=cv2.INTER_CUBIC)
    for row in objects.sort_values("score").itertuples():
        corners = [int(round(ENLARGE * edge)) for edge in (row.x1, row.y1, row.x2, row.y2)]
        colour = colour_of(row.score, low, high)
        cv2.rectangle(picture, corners[:2], corners[2:], colour, 2, cv2.LINE_AA)
        place = (corners[0], max(12, corners[1] - 4))
        cv2.putText(picture, f"{row.score:.1f}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)
    return picture


def draw_curve(scores: np.ndarray, anomalous: np.ndarray, now: int, width: int) -> np.ndarray:
    """Frame scores (frames,) over time; labelled stretches shaded, the shown frame marked."""
    picture = np.full((CURVE_HEIGHT, width, 3), 255, np.uint8)
    x = np.linspace(8, width - 8, len(scores)).astype(int)
    for at in x[anomalous]:
        cv2.rectangle(picture, (at - 2, 6), (at + 2, CURVE_HEIGHT - 22), SHADE, -1)
    low, high = scores.min(), scores.max()
    y = (CURVE_HEIGHT - 28 - (scores - low) / (high - low) * (CURVE_HEIGHT - 44)).astype(int)
    cv2.line(picture, (x[now], 6), (x[now], CURVE_HEIGHT - 22), MARK, 1, cv2.LINE_AA)
    cv2.polylines(picture, [np.stack([x, y], 1)], False, LINE, 2, cv2.LINE_AA)
    words = "anomaly score of each frame; shaded: something happens that never happened before"
    cv2.putText(picture, words, (8, CURVE_HEIGHT - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK, 1, cv2.LINE_AA)
    return picture


def main(name: str, video: str, frame: int, target: Path) -> None:
    data = Path("data") / name
    frames = pd.read_parquet(data / "frame_scores" / "frames.parquet")
    objects = pd.read_parquet(data / "frame_scores" / "objects.parquet")
    labels = pd.read_parquet(data / "footage" / "labels.parquet")
    normal = objects.loc[objects["split"] == "held_out", "score"]
    shown = objects[(objects["video"] == video) & (objects["frame"] == frame)]
    top = draw_frame(
        np.load(data / "frames" / f"{video}.npy", mmap_mode="r")[frame],
        shown,
        normal.quantile(0.75),
        normal.quantile(0.99),
    )
    own = frames[frames["video"] == video]
    anomalous = labels.loc[labels["video"] == video, "anomalous"].to_numpy()
    bottom = draw_curve(own["score"].to_numpy(), anomalous, frame, top.shape[1])
    cv2.imwrite(str(target), np.vstack([top, bottom]), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
