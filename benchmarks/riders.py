"""A cyclist, a skateboarder or a cart as the demo draws them, on the way of somebody on foot."""

import cv2
import numpy as np

from stages.render import figures, vehicles
from stages.render.actors import BAGS, random_look
from stages.render.figures import Shape
from stages.render.raster import draw_sprite
from stages.render.scene import FORESHORTENED, units_per_metre

RIDES = ("bicycle", "skateboard", "cart")
# Metres that the person whose way it is is high; metres by turn of the crank; pictures from push to push.
HEIGHT, CRANK, PUSH = 1.75, 3.4, 26


def pose(ride: str, travelled: float, frame: int, look: figures.Look, paint: figures.Colour) -> list[Shape]:
    """The shapes of one of RIDES with its rider, after `travelled` metres and `frame` pictures."""
    if ride == "bicycle":
        return vehicles.bicycle(travelled, paint) + figures.dress(figures.cycling(travelled / CRANK, look.height), look)
    if ride == "skateboard":
        push = min(frame % PUSH / (PUSH / 3), 1.0)
        return vehicles.skateboard(paint) + figures.dress(figures.boarding(push, look.height), look)
    return vehicles.cart((196, 203, 206), paint) + figures.dress(figures.sitting(look.height), look)


def draw_ride(
    ride: str, boxes: np.ndarray, channels: int, random: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """One of RIDES in place of somebody on foot: of each frame picture, alpha and place.

    Args:
        boxes: float (n, 4) in pixels, where the person is in each frame, n at least 1.
        channels: of the picture, 1 (then it has no axis for them) or 3, BGR.

    Returns:
        uint8 (h, w[, 3]), float32 (h, w) in 0 to 1, and float (2,): by how many pixels the picture's middle lies
        beside and below the box's.
    """
    scale = float(np.median(boxes[:, 3] - boxes[:, 1])) / HEIGHT
    feet = np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]])
    along = feet[-1] - feet[0]
    heading = float(np.arctan2(-along[1] / FORESHORTENED, along[0]))
    travelled = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(feet, axis=0), axis=1))]) / scale
    look = random_look(random)._replace(handbag=None, coat=False)
    paint, light = BAGS[random.integers(len(BAGS))], random.uniform(0.6, 1.1)
    ground = np.zeros(2)
    zoom = scale / float(units_per_metre(0))
    drawn = []
    for frame, (box, metres) in enumerate(zip(boxes, travelled, strict=True)):
        sprite = draw_sprite(pose(ride, float(metres), frame, look, paint), ground, heading, zoom, light)
        colour = sprite.colour / np.maximum(sprite.alpha, 1e-3)[..., None]
        crop = np.clip(colour, 0, 255).round().astype(np.uint8)
        crop = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY) if channels == 1 else crop
        height, width = sprite.alpha.shape
        below = (box[3] - box[1]) / 2 + sprite.y + height / 2
        drawn.append((crop, sprite.alpha, np.array([sprite.x + width / 2, below])))
    return drawn
