"""What light and noise do to a whole picture."""

import cv2
import numpy as np


def brightness_change(frame: np.ndarray, background: np.ndarray, step: int = 4) -> tuple[float, float]:
    """Gain and offset, in grey levels, that bring the background to the light of the frame; objects do not count.

    step: every so many rows and columns are looked at.
    """
    x, y = (picture[::step, ::step].astype(np.float32).ravel() for picture in (background, frame))
    gain, offset = 1.0, float(np.median(y - x))
    for _ in range(3):
        error = np.abs(y - gain * x - offset)
        still = error <= 2 * np.median(error) + 1
        mean_x, mean_y = x[still].mean(), y[still].mean()
        # One grey level squared of prior variance: a picture without contrast tells nothing about gain.
        spread = ((x[still] - mean_x) ** 2).mean() + 1
        gain = (((x[still] - mean_x) * (y[still] - mean_y)).mean() + 1) / spread
        offset = mean_y - gain * mean_x
    return float(gain), float(offset)


def soften(frame: np.ndarray) -> np.ndarray:
    """A frame with the noise of single pixels taken down, of the same shape and dtype."""
    return cv2.GaussianBlur(frame, (3, 3), 0)
