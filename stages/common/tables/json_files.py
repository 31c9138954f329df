"""JSON files of one form: the same content has the same bytes."""

import json
from pathlib import Path

from stages.common.running.files import written_whole


def save_json(path: Path, content: dict) -> None:
    """`content` as JSON with sorted keys and a final newline, whole.

    Raises:
        ValueError: a number that JSON lacks, such as NaN.
    """
    with written_whole(path) as aside:
        aside.write_text(json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n")
