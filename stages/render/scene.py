"""The fixed scene: its perspective, its walking routes, its background and the things that hide walkers.

Scene units make the picture 240 high whatever its size in pixels; its width follows from the aspect ratio.
"""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

SCENE_HEIGHT = 240.0
# The camera looks down by about 24 degrees: what is upright keeps most of its height, ground depth is foreshortened.
UPRIGHT, FORESHORTENED = 0.915, 0.40
OVERSAMPLING = 3

# Control points of Bezier curves, in shares of the scene's width and in scene units down.
ROUTE_POINTS = {
    "upper": ((-0.10, 133), (0.30, 124), (0.70, 142), (1.10, 130)),
    "middle": ((-0.10, 160), (0.35, 148), (0.65, 176), (1.10, 156)),
    "lower": ((-0.10, 190), (0.30, 206), (0.70, 178), (1.10, 192)),
    "lawn": ((1.10, 166), (0.55, 150), (-0.08, 160), (0.23, 76), (0.31, 4)),
    "gate": ((0.36, 292), (0.42, 220), (0.50, 170), (1.10, 146)),
    "grass": ((-0.10, 104), (0.30, 92), (0.70, 84), (1.10, 98)),
}


class Sprite(NamedTuple):
    """Premultiplied colour float32 (h, w, 3), BGR 0-255, and alpha float32 (h, w), 0-1, at pixel (x, y)."""

    x: int
    y: int
    colour: np.ndarray
    alpha: np.ndarray


def units_per_metre(y: float | np.ndarray) -> float | np.ndarray:
    """Scene units per metre at ground row y, in scene units."""
    return 21.5 + (np.asarray(y) - 115) * 0.062


def build_scene(width: int, height: int, seed: int) -> tuple[np.ndarray, list[tuple[float, Sprite]]]:
    """The background, float32 (height, width, 3), BGR 0-255, and the props, each with the row on which it stands."""
    rng = np.random.default_rng(seed)
    painter = _Painter(width, height, rng)
    _paint_plaza(painter)
    background = cv2.resize(painter.canvas, (width, height), interpolation=cv2.INTER_AREA)
    return background, [(ground, _prop(width, height, paint, rng)) for ground, paint in PROPS]


class _Painter:
    """Fills outlines in scene units on an oversampled canvas, with texture."""

    def __init__(self, width: int, height: int, rng: np.random.Generator):
        self.canvas = np.zeros((height * OVERSAMPLING, width * OVERSAMPLING, 3), np.float32)
        self.unit = height * OVERSAMPLING / SCENE_HEIGHT
        self.width = width / height * SCENE_HEIGHT
        self.rng = rng

    def fill(self, outline: list[tuple[float, float]], colour: tuple, grain: float = 0, stains: float = 0) -> None:
        """Paint a polygon; outline in (share of the width, scene units)."""
        points = np.round(np.array([(x * self.width, y) for x, y in outline]) * self.unit).astype(np.int32)
        (x1, y1), (x2, y2) = np.maximum(points.min(axis=0), 0), points.max(axis=0) + 1
        window = self.canvas[y1:y2, x1:x2]
        mask = np.zeros(window.shape[:2], np.uint8)
        cv2.fillPoly(mask, [points - (x1, y1)], 1)
        texture = np.zeros(mask.shape, np.float32)
        for coarseness, strength in ((0.8, grain), (3, grain), (16, stains), (45, stains)):
            if strength:
                # Smooth noise: standard deviation `strength`, features of about `coarseness` scene units.
                cells = [max(2, round(side / self.unit / coarseness)) for side in mask.shape]
                field = self.rng.standard_normal(cells, np.float32) * strength
                texture += cv2.resize(field, mask.shape[::-1], interpolation=cv2.INTER_CUBIC)
        window[mask > 0] = (np.array(colour, np.float32) + texture[..., None])[mask > 0]

    def line(self, start: tuple[float, float], end: tuple[float, float], colour: tuple, thickness: float) -> None:
        ends = [tuple(int(round(v)) for v in (x * self.width * self.unit, y * self.unit)) for x, y in (start, end)]
        cv2.line(self.canvas, *ends, colour, max(1, round(thickness * self.unit)))

    def clumps(self, area: tuple[float, float, float, float], count: int, size: float, colour: tuple) -> None:
        """Leaves: many small discs of varying light in an area (x1, y1, x2, y2), lighter towards the top."""
        x1, y1, x2, y2 = area
        ys = np.sort(self.rng.uniform(y1, y2, count))
        # Rounded off at the left and the right, as hedges and crowns are.
        bulge = np.clip(4 * (ys - y1) * (y2 - ys) / (y2 - y1) ** 2, 0, 1) ** 0.5
        reach = np.minimum((x2 - x1) * self.width / 2, (y2 - y1) / 2) * (1 - bulge) / self.width
        xs = self.rng.uniform(x1 + reach, x2 - reach) * self.width * self.unit
        lights = 1.15 - 0.5 * (ys - y1) / (y2 - y1) + self.rng.normal(0, 0.16, count)
        sizes = self.rng.uniform(0.4, 1.0, count) * size * self.unit
        for x, y, light, radius in zip(xs, ys * self.unit, lights, sizes, strict=True):
            cv2.circle(self.canvas, (int(x), int(y)), max(1, int(radius)), tuple(light * c for c in colour), -1)


def _paint_plaza(paint: _Painter) -> None:
    paint.fill([(0, 0), (1, 0), (1, 240), (0, 240)], (70, 96, 88), grain=2.5, stains=4)
    paint.fill([(0, 116), (1, 116), (1, 240), (0, 240)], (160, 168, 170), grain=1.6, stains=3)
    paint.fill([(0, 150), (1, 146), (1, 240), (0, 240)], (166, 173, 175), grain=1.6, stains=3)
    paint.fill([(0.105, 116), (0.30, 0), (0.355, 0), (0.18, 116)], (158, 166, 168), grain=1.5, stains=3)
    joint = (138, 146, 148)
    for share in (-0.02, 0.16, 0.34, 0.56, 0.78, 0.98):
        # Joints lean away from the point the camera looks at.
        paint.line((share, 116), (share + (share - 0.62) * 0.28, 240), joint, 0.6)
    for y in (116.5, 136, 162, 195):
        paint.line((0, y + 1), (1, y - 1), joint, 0.5)
    paint.line((0.18, 116), (1, 115), (62, 72, 70), 1.4)
    paint.line((0, 116), (0.105, 116), (62, 72, 70), 1.4)
    paint.fill([(0.64, 127), (0.68, 125), (0.71, 128), (0.67, 131)], (128, 134, 136), stains=3)
    paint.fill([(0, 223), (0.13, 222), (0.10, 240), (0, 240)], (54, 80, 70), grain=3.5, stains=4)
    paint.fill([(0.69, 226), (0.92, 225), (0.91, 198), (1, 197), (1, 240), (0.69, 240)], (54, 80, 70), 3.5, 4)
    # What stands at its back.
    paint.fill([(0, 0), (0.285, 0), (0.21, 40), (0, 62)], (40, 54, 46), grain=3, stains=5)
    paint.clumps((0, 0, 0.24, 34), 700, 2.4, (38, 54, 44))
    paint.fill([(0.365, 0), (0.49, 0), (0.49, 34), (0.365, 34)], (62, 68, 70), grain=1.5, stains=3)
    paint.fill([(0.49, 0), (1, 0), (1, 32), (0.49, 32)], (120, 132, 140), grain=1.2, stains=3)
    for share in (0.56, 0.66, 0.76, 0.86):
        paint.fill([(share, 5), (share + 0.045, 5), (share + 0.045, 21), (share, 21)], (78, 80, 76), stains=4)
    paint.fill([(0.95, 4), (1, 4), (1, 52), (0.94, 52)], (136, 148, 156), grain=1.2, stains=2)
    paint.fill([(0.25, 60), (0.36, 64), (0.78, 66), (1, 73), (1, 68), (0.6, 58), (0.28, 54)], (104, 118, 118), 2.5, 4)
    paint.clumps((0.26, 32, 0.94, 60), 2600, 2.0, (46, 66, 54))
    paint.clumps((0.80, 50, 1.0, 68), 420, 2.0, (44, 62, 50))


def _paint_far_lamp(paint: _Painter) -> None:
    paint.line((0.228, 110), (0.225, 14), (52, 54, 56), 2.0)
    paint.fill([(0.213, 10), (0.238, 9), (0.238, 14), (0.213, 14)], (150, 156, 158))
    paint.fill([(0.219, 108), (0.238, 108), (0.240, 112), (0.217, 112)], (150, 156, 158))


def _paint_right_lamp(paint: _Painter) -> None:
    paint.line((0.945, 104), (0.955, 20), (52, 54, 56), 2.0)
    paint.fill([(0.94, 18), (0.975, 18), (0.975, 22), (0.94, 22)], (60, 62, 64))


def _paint_near_lamp(paint: _Painter) -> None:
    paint.line((0.585, 216), (0.585, 66), (60, 62, 66), 2.6)
    paint.fill([(0.571, 61), (0.599, 61), (0.596, 67), (0.574, 67)], (172, 178, 180))
    paint.fill([(0.575, 211), (0.595, 211), (0.598, 217), (0.572, 217)], (120, 126, 128))


def _paint_bench(paint: _Painter) -> None:
    for share in (0.285, 0.365):
        paint.line((share, 199), (share, 216), (58, 60, 62), 1.8)
    for y, light in ((200, 1.0), (203.5, 0.9), (208.5, 1.1)):
        paint.line((0.275, y), (0.375, y), tuple(light * c for c in (66, 92, 122)), 2.2)


def _paint_tree(paint: _Painter) -> None:
    paint.fill([(0.867, 118), (0.881, 118), (0.887, 232), (0.859, 232)], (50, 62, 74), grain=5, stains=4)
    for area in ((0.815, 90, 0.90, 121), (0.855, 94, 0.945, 126), (0.80, 104, 0.875, 130), (0.83, 72, 0.925, 112)):
        paint.clumps(area, 330, 2.6, (50, 78, 62))


# In the order of the rows they stand on, in scene units.
PROPS = (
    (104, _paint_right_lamp),
    (111, _paint_far_lamp),
    (215, _paint_bench),
    (216.5, _paint_near_lamp),
    (231, _paint_tree),
)


def _prop(width: int, height: int, paint: Callable[[_Painter], None], rng: np.random.Generator) -> Sprite:
    painter = _Painter(width, height, rng)
    painter.canvas[:] = np.nan
    paint(painter)
    covered = np.isfinite(painter.canvas[..., 0])
    painter.canvas[~covered] = 0
    layers = painter.canvas, covered.astype(np.float32)
    colour, alpha = (cv2.resize(layer, (width, height), interpolation=cv2.INTER_AREA) for layer in layers)
    x, y, w, h = cv2.boundingRect((alpha > 0).astype(np.uint8))
    return Sprite(x, y, colour[y : y + h, x : x + w].copy(), alpha[y : y + h, x : x + w].copy())
