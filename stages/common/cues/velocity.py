"""How fast what a box shows moves: optical flow, averaged over the box (AccI-VAD's velocity, with one bin)."""

import cv2
import numpy as np

PLACE = 7
TITLE = "velocity"
SAYS = "faster than what is normal here"
MEANING = "the object's pixels move faster than what is normal here"
# Wider pictures are shrunk to this for the flow: its time grows with the pixels, its mean over a box hardly changes (at
# 480 and at 640 the ranks of a crowd's velocities correlate with 0.99).
WIDTH = 480


def flow_magnitude(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """By how many pixels each pixel moves from one picture, uint8 (H, W), to another: float32 (H, W)."""
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(before, after, None)
    return np.hypot(flow[..., 0], flow[..., 1])


def box_means(values: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """The mean of `values` (H, W) in each of the boxes, float (n, 4) in pixels: float32 (n,).

    What sticks out is cut; a box covers at least the pixel at its corner.
    """
    height, width = values.shape
    means = np.zeros(len(boxes), np.float32)
    left, top = (np.clip(boxes[:, :2].round().astype(int), 0, [width - 1, height - 1])).T
    right, bottom = (np.clip(boxes[:, 2:].round().astype(int), 0, [width, height])).T
    for row in range(len(boxes)):
        inside = values[top[row] : max(bottom[row], top[row] + 1), left[row] : max(right[row], left[row] + 1)]
        means[row] = inside.mean()
    return means


def of_frames(frames, times: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Pixels per frame, float32 (n,), at which moves what is in each of the boxes, float (n, 4) in pixels.

    The flow goes from the frame before to the frame after, or from or to the box's own at the ends of a kept stretch.
    frames, times: Frames of a clip; int (n,), live ones of them.
    """
    velocities, shrink = np.zeros(len(times), np.float32), min(1.0, WIDTH / frames.shape[2])
    order = np.argsort(times, kind="stable")
    moments, starts = np.unique(times[order], return_index=True)
    for time, here in zip(moments, np.split(order, starts)[1:], strict=True):
        start, stop = frames.span_of(time)
        first, last = max(time - 1, start), min(time + 1, stop - 1)
        if first == last:
            continue
        magnitude = flow_magnitude(grey(frames[first], shrink), grey(frames[last], shrink))
        velocities[here] = box_means(magnitude, boxes[here] * shrink) / shrink / (last - first)
    return velocities


def grey(frame: np.ndarray, shrink: float) -> np.ndarray:
    """A frame, uint8 (H, W[, 3]), in one channel and at `shrink` times its size."""
    frame = np.ascontiguousarray(frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))
    return frame if shrink == 1 else cv2.resize(frame, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
