"""What becomes of memory that is free again."""

import ctypes
import platform

# Of glibc's malloc.h: what of the heap's end stays when it is free, what the heap grows by, and how many blocks may be
# had from the system outside of it.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4


def keep_memory() -> None:
    """Lets this process keep what it has freed, for the next step needs as much again.

    glibc gives large blocks back to the system, and their pages come anew, zeroed one by one: a quarter of the time of
    training. Where the C library is another, nothing happens.
    """
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_MAX, 0)
        library.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
        library.mallopt(M_TOP_PAD, 2**26)
