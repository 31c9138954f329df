"""Progress that a person can follow: a bar on a terminal, a line per item elsewhere."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def progress(items: Iterable[Item], total: int, unit: str, name: Callable[[Item], str]) -> Iterator[Item]:
    """`items`, with rate and remaining time shown on stderr as they come."""
    if sys.stderr.isatty():
        yield from tqdm(items, total=total, unit=f" {unit}s", dynamic_ncols=True)
        return
    start = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        spent = time.monotonic() - start
        left = spent / done * (total - done)
        print(f"  {unit} {done}/{total} {name(item)}: {spent:.0f} s, {left:.0f} s left", file=sys.stderr, flush=True)
