"""`python -m stages.<stage> <set>`: the one way into a stage."""

import argparse
import errno
import os
import sys
import time
from collections.abc import Callable

from stages.common.running.errors import InputError

# What FFmpeg and OpenCV say about a broken file comes to nothing that our one line does not say.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")


# What the user can mend of what the system refuses.
REFUSED = {
    errno.ENOSPC: "no space left on the disk; free some and run again: what is finished is kept",
    errno.EDQUOT: "the disk quota is used up; free some and run again: what is finished is kept",
    errno.EROFS: "cannot be written, the file system is read-only; make it writable, or move the project",
    errno.EACCES: "may not be read or written by this user; change its owner or mode",
    errno.EPERM: "may not be read or written by this user; change its owner or mode",
}


def run_stage(stage: str, description: str, run: Callable[[str], str]) -> None:
    """Runs `run(set name)` and prints its closing line with the time it took.

    What the user can mend is one line on stderr and exit status 1; Ctrl-C is exit status 130.
    """
    parser = argparse.ArgumentParser(prog=f"python -m stages.{stage}", description=description)
    parser.add_argument("set", help="the data set's name: a key of `sets` in params.yaml")
    name = parser.parse_args().set
    start = time.monotonic()
    try:
        made = run(name)
    except InputError as error:
        sys.exit(f"{stage}@{name}: {error}")
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        sys.exit(f"{stage}@{name}: {error.filename or 'data/, models/ or .work/'}: {REFUSED[error.errno]}")
    except KeyboardInterrupt:
        print(f"{stage}@{name}: stopped; the same command goes on where it stopped", file=sys.stderr)
        sys.exit(130)
    print(f"{stage}@{name}: {made}, {time.monotonic() - start:.1f} s", flush=True)
