"""Things that are ridden: a bicycle, a skateboard and a small electric cart, as shapes in metres.

The frame is that of the rider: origin on the ground, axes forward, left and up.
"""

from itertools import product

import numpy as np

from stages.render.figures import Colour, Shape

RUBBER: Colour = (38, 36, 36)
STEEL: Colour = (120, 118, 116)
CIRCLE = np.linspace(0, 2 * np.pi, 17)[:-1]


def bicycle(travelled: float, colour: Colour) -> list[Shape]:
    """A bicycle whose wheels have rolled `travelled` metres."""
    rear, front, crank = np.array([-0.52, 0, 0.34]), np.array([0.54, 0, 0.34]), np.array([0.02, 0, 0.29])
    saddle, head = np.array([-0.2, 0, 0.90]), np.array([0.38, 0, 0.88])
    spoke = np.array([np.cos(travelled / 0.33), 0.0, -np.sin(travelled / 0.33)]) * 0.3
    shapes: list[Shape] = []
    for hub in (rear, front):
        shapes += [Shape(_wheel(hub, 0.33), 0.06, RUBBER), Shape(np.stack([hub - spoke, hub + spoke]), 0.02, STEEL)]
    bars = [rear, crank, saddle, rear], [crank, head, saddle], [head, front]
    shapes += [Shape(np.stack(bar), 0.055, colour) for bar in bars]
    seat, grips = [[-0.3, 0, 0.93], [-0.1, 0, 0.93]], [[0.40, 0.24, 1.03], [0.36, 0, 1.0], [0.40, -0.24, 1.03]]
    return [*shapes, Shape(np.array(seat), 0.07, RUBBER), Shape(np.array(grips), 0.045, RUBBER)]


def skateboard(colour: Colour) -> list[Shape]:
    """A skateboard under a rider."""
    deck = np.array([[-0.46, 0, 0.15], [-0.36, 0, 0.11], [0.36, 0, 0.11], [0.46, 0, 0.15]])
    wheels = [Shape(np.array([[x, y, 0.045]]), 0.09, RUBBER) for x in (-0.28, 0.28) for y in (-0.08, 0.08)]
    return [*wheels, Shape(deck, 0.06, colour)]


def cart(colour: Colour, trim: Colour) -> list[Shape]:
    """An electric cart, 2.5 x 1.2 x 1.8 m, without its driver."""
    shapes = []
    for low, high, paint in (
        ((-1.2, -0.58, 0.26), (1.2, 0.58, 0.58), colour),
        ((0.70, -0.55, 0.58), (1.2, 0.55, 0.96), colour),
        ((-1.2, -0.58, 0.58), (-0.40, 0.58, 0.94), trim),
        ((-0.36, -0.5, 0.58), (0.12, 0.5, 0.78), (52, 50, 48)),
        ((-1.0, -0.62, 1.74), (0.86, 0.62, 1.81), colour),
    ):
        shapes += _box(np.array(low), np.array(high), paint)
    posts = [np.array([[x, y, 0.94], [x, y, 1.74]]) for x, y in product((-0.92, 0.74), (-0.54, 0.54))]
    shapes += [Shape(post, 0.06, (70, 70, 70)) for post in posts]
    for x, y in product((-0.78, 0.78), (-0.6, 0.6)):
        shapes.append(Shape(_wheel(np.array([x, y, 0.25]), 0.21), 0.08, RUBBER, filled=True))
        shapes.append(Shape(np.array([[x, y * 1.05, 0.25]]), 0.16, STEEL))
    return shapes


def _wheel(hub: np.ndarray, radius: float) -> np.ndarray:
    rim = hub + radius * np.stack([np.cos(CIRCLE), 0 * CIRCLE, np.sin(CIRCLE)], axis=1)
    return np.concatenate([rim, rim[:1]])


def _box(low: np.ndarray, high: np.ndarray, colour: Colour) -> list[Shape]:
    """The six faces of a box, the upright ones darker, as under an overcast sky."""
    shapes = []
    for axis, end in product(range(3), (low, high)):
        a, b = (other for other in range(3) if other != axis)
        face = np.tile(end, (4, 1))
        face[:, a], face[:, b] = [low[a], high[a], high[a], low[a]], [low[b], low[b], high[b], high[b]]
        paint = tuple((0.72, 0.84, 1.0)[axis] * value for value in colour)
        shapes.append(Shape(face, 0.02, paint, filled=True))
    return shapes
