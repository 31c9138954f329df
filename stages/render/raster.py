"""From shapes in metres to a small anti-aliased picture with alpha."""

import cv2
import numpy as np

from stages.render.figures import Shape
from stages.render.scene import FORESHORTENED, UPRIGHT, Sprite, units_per_metre

OVERSAMPLING = 4
SHIFT = 4  # OpenCV takes points in 1/2**SHIFT pixels
# A shadow falls to the right and a little towards the camera, short and faint, as under a bright overcast sky.
SHADOW_ALONG, SHADOW_DOWN, SHADOW_DEPTH = 0.42, 0.16, 0.13


def draw_sprite(shapes: list[Shape], ground: np.ndarray, heading: float, zoom: float, light: float) -> Sprite:
    """Picture of a body standing at `ground` (x, y) in scene units, turned by `heading` radians from rightwards,
    counterclockwise as seen from above. zoom: pixels per scene unit. light: factor on the colours."""
    scale = float(units_per_metre(ground[1])) * zoom
    widths, counts = np.array([shape.width for shape in shapes]), [len(shape.points) for shape in shapes]
    ends = np.cumsum(counts)
    # All points at once: a figure has some twenty shapes, and every call of NumPy costs more than its arithmetic.
    forward, left, up = np.concatenate([shape.points for shape in shapes]).T
    across = forward * np.cos(heading) - left * np.sin(heading)
    away = forward * np.sin(heading) + left * np.cos(heading)
    distance = UPRIGHT * away - FORESHORTENED * up  # from the camera, metres
    points = np.stack([across, -UPRIGHT * up - FORESHORTENED * away], axis=1) * scale + ground * zoom
    margin = widths.max() * scale / 2 + 1
    x, y = np.floor(points.min(axis=0) - margin).astype(int).tolist()
    right, bottom = np.ceil(points.max(axis=0) + margin).astype(int).tolist()
    canvas = np.zeros(((bottom - y) * OVERSAMPLING, (right - x) * OVERSAMPLING, 4), np.uint8)
    points = np.round(((points - (x, y)) * OVERSAMPLING - 0.5) * 2**SHIFT).astype(np.int32)
    middles = np.add.reduceat(distance, ends - counts) / counts
    # Limbs on the far side lie in the body's shade, and what is high gets more of the sky.
    lights = light * (1 - 0.5 * np.clip(middles - middles.mean(), -0.3, 0.3))
    # Far parts first. What is wide reaches nearer to the camera than its middle line.
    for i in np.argsort(widths / 4 - middles, kind="stable").tolist():
        _draw(canvas, shapes[i], points[ends[i] - counts[i] : ends[i]], scale * OVERSAMPLING, float(lights[i]))
    small = cv2.resize(canvas, (right - x, bottom - y), interpolation=cv2.INTER_AREA).astype(np.float32)
    return Sprite(x, y, small[..., :3], small[..., 3] / 255)


def _draw(canvas: np.ndarray, shape: Shape, points: np.ndarray, scale: float, light: float) -> None:
    colour, width = (*(min(255.0, value * light) for value in shape.colour), 255), shape.width * scale
    if len(points) == 1:
        cv2.circle(canvas, points[0].tolist(), round(width / 2 * 2**SHIFT), colour, -1, cv2.LINE_8, SHIFT)
        return
    if shape.filled:
        cv2.fillPoly(canvas, [points], colour, cv2.LINE_8, SHIFT)
    cv2.polylines(canvas, [points], shape.filled, colour, max(1, round(width)), cv2.LINE_8, SHIFT)


def cast_shadow(picture: np.ndarray, sprite: Sprite, foot: np.ndarray) -> None:
    """Darken `picture` (H, W, 3) by the shadow of a sprite whose point on the ground is `foot`, in pixels."""
    tall = max(foot[1] - sprite.y, 1.0)
    size = int(sprite.alpha.shape[1] + SHADOW_ALONG * tall) + 5, int((SHADOW_DOWN + 0.1) * tall) + 8
    left, top = sprite.x - 2, int(foot[1]) - 4
    # A sprite's row r is `above` - r over the ground, and falls along the light from there.
    above = foot[1] - sprite.y
    right = [1, -SHADOW_ALONG, sprite.x - left + SHADOW_ALONG * above]
    down = [0, -SHADOW_DOWN, foot[1] - top + SHADOW_DOWN * above]
    shadow = cv2.warpAffine(sprite.alpha, np.array([right, down]), size, flags=cv2.INTER_LINEAR)
    shadow = cv2.GaussianBlur(shadow, (5, 5), 1.2)
    window, part = clip_to(picture.shape[:2], left, top, shadow.shape)
    picture[window] *= 1 - SHADOW_DEPTH * shadow[part][..., None]


def clip_to(size: tuple[int, int], x: int, y: int, shape: tuple[int, int]) -> tuple[tuple, tuple]:
    """Slices of a picture of `size`, and of a patch of `shape` placed at (x, y), where the two overlap."""
    y1, y2 = (min(max(edge, 0), size[0]) for edge in (y, y + shape[0]))
    x1, x2 = (min(max(edge, 0), size[1]) for edge in (x, x + shape[1]))
    return (slice(y1, y2), slice(x1, x2)), (slice(y1 - y, y2 - y), slice(x1 - x, x2 - x))
