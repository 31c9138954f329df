"""Draws the README's picture: one frame of a test clip as the report's clips show it, its score over time below.

python -m docs.draw_picture demo test_01 100 docs/picture.png
"""

import sys
from itertools import islice

import cv2

from stages.common.frames.store import open_frames
from stages.common.running.params import load
from stages.common.running.paths import SetPaths
from stages.report.__main__ import all_faults, scored_of
from stages.report.clips import annotated
from stages.report.findings import find
from stages.report.settings import Report
from stages.report.tables import Tables


def main(name: str, video: str, frame: int, target: str) -> None:
    paths, report = SetPaths(name), load("report", Report, name)
    tables = Tables(paths)
    findings = find(tables, all_faults(paths, tables), report)
    frames, scored = open_frames(paths.frames, video), scored_of(video, tables, findings, [], report.events_shown)
    first, stop = frames.span_of(frame)
    picture = next(islice(annotated(frames, first, stop - 1, scored), frame - first, None))
    cv2.imwrite(target, picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
