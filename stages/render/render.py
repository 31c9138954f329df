"""Renders the clips of a recipe, with the exact regions of what is anomalous."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd

from stages.common.drawing.h264 import write_mp4
from stages.common.tables.schemas import BOX
from stages.render.actors import make_cast
from stages.render.raster import cast_shadow, clip_to, draw_sprite
from stages.render.recipe import Clip, Recipe
from stages.render.scene import SCENE_HEIGHT, build_scene

SMALLEST_REGION = 12  # visible pixels
NOTHING = -1  # in a map of owners: a pixel of the scene
NOISE_FIELDS, NOISE_MARGIN = 6, 64
NOISE_LEVEL = 2.6  # standard deviation in grey levels, as of a small camera in daylight
LIGHT_DRIFT, CLOUDS = 0.03, 0.02  # how far the light goes up and down, in the whole picture and from place to place


class Layer(NamedTuple):
    """One frame: image uint8 (H, W, 3) BGR; owners int16 (H, W), the number of the actor each pixel shows, else -1;
    anomalous: the type of each actor that is anomalous in this frame, by its number."""

    image: np.ndarray
    owners: np.ndarray
    anomalous: dict[int, str]


def render_video(recipe: Recipe, clip: Clip, path: Path) -> pd.DataFrame:
    """Writes a clip as MP4; its regions as a table (frame, track, x1, y1, x2, y2, type), by frame."""
    rows = []

    def frames() -> Iterator[np.ndarray]:
        for number, layer in enumerate(render_layers(recipe, clip)):
            rows.extend((number, *region) for region in find_regions(layer))
            yield layer.image

    write_mp4(path, frames(), recipe.fps)
    return pd.DataFrame(rows, columns=["frame", "track", *BOX, "type"])


def find_regions(layer: Layer) -> list[tuple[int, float, float, float, float, str]]:
    """Anomalous actors of which at least SMALLEST_REGION pixels are visible: (track, x1, y1, x2, y2, type), in pixels,
    the right and bottom edges exclusive. A track is the number of an event."""
    regions = []
    for number, kind in layer.anomalous.items():
        ys, xs = np.nonzero(layer.owners == number)
        if len(ys) >= SMALLEST_REGION:
            box = (float(edge) for edge in (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1))
            regions.append((number, *box, kind))
    return regions


def render_layers(recipe: Recipe, clip: Clip) -> Iterator[Layer]:
    """The frames of a clip with, for every pixel, whom it shows. Equal arguments give equal frames, everywhere."""
    background, props = build_scene(recipe.width, recipe.height, recipe.seed)
    cast, zoom = make_cast(recipe, clip), recipe.height / SCENE_HEIGHT
    # The camera's randomness has its own stream, so a walker more changes no noise.
    rng = np.random.default_rng([recipe.seed, zlib.crc32(clip.name.encode()), 1])
    gains, clouds = _light(recipe, clip, rng)
    noise = _noise_fields(recipe, rng)
    for frame, gain in enumerate(gains.tolist()):
        picture = background * gain
        owners = np.full(picture.shape[:2], NOTHING, np.int16)
        sprites = {
            n: draw_sprite(actor.pose(frame), actor.ground[frame], actor.heading[frame], zoom, actor.light * gain)
            for n, actor in enumerate(cast)
            if np.isfinite(actor.ground[frame][0])
        }
        for number, sprite in sprites.items():
            cast_shadow(picture, sprite, cast[number].ground[frame] * zoom)
        depths = [(cast[n].ground[frame][1] + cast[n].nearer, n, sprite) for n, sprite in sprites.items()]
        depths += [(ground, NOTHING, prop) for ground, prop in props]
        for _, number, patch in sorted(depths, key=lambda item: item[:2]):
            window, part = clip_to(owners.shape, patch.x, patch.y, patch.alpha.shape)
            alpha = patch.alpha[part]
            picture[window] = picture[window] * (1 - alpha[..., None]) + patch.colour[part]
            owners[window][alpha >= 0.5] = number
        picture = cv2.GaussianBlur(picture, (3, 3), 0.55)
        picture *= clouds[:, 2 * frame // 3 : 2 * frame // 3 + recipe.width, None]
        y, x = rng.integers(0, NOISE_MARGIN, 2)
        picture += noise[rng.integers(NOISE_FIELDS), y : y + recipe.height, x : x + recipe.width]
        image = np.clip(picture, 0, 255).astype(np.uint8)
        anomalous = {n: cast[n].type for n in sprites if cast[n].anomalous[0] <= frame < cast[n].anomalous[1]}
        yield Layer(image, owners, anomalous)


def _light(recipe: Recipe, clip: Clip, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Gain of each frame (N,), and a cloud map (H, W + N), float32, that moves over the scene."""
    seconds, level = np.arange(clip.frames) / recipe.fps, rng.normal(1, 0.02)
    period, phase = rng.uniform(15, 40), rng.uniform(0, 2 * np.pi)
    gains = level * (1 + LIGHT_DRIFT * np.sin(2 * np.pi * seconds / period + phase))
    width = recipe.width + clip.frames
    cells = rng.normal(0, 1, (4, max(4, width * 4 // recipe.height))).astype(np.float32)
    return gains, 1 + CLOUDS * cv2.resize(cells, (width, recipe.height), interpolation=cv2.INTER_CUBIC)


def _noise_fields(recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """Sensor noise (K, H + margin, W + margin, 3), float32; a frame takes a window of one of them at random."""
    # Fresh noise for every frame would take most of the time, and is not seen to be different.
    shape = NOISE_FIELDS, recipe.height + NOISE_MARGIN, recipe.width + NOISE_MARGIN
    grey, colour = (rng.standard_normal((*shape, channels), np.float32) for channels in (1, 3))
    return NOISE_LEVEL * (0.85 * grey + 0.5 * colour)
