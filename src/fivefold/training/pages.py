"""Large pages for what a training allocates and frees at every step.

A step makes and drops hundreds of tensors of a megabyte. By default much of that memory is given back to the system and
asked for again in pages of 4 kB, each of which has to be found, cleared and looked up. Here the heap keeps what it has
had, and lies in pages of 2 MB. Tensors' values know nothing of it.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

TRIM_THRESHOLD, MMAP_THRESHOLD, MMAP_MAX = -1, -3, -4
NEVER = -1
HUGE_PAGE, PAGE = 14, 2**21
LARGEST, MANY = 2**25, 2**16
"""The largest piece that the C library agrees to take from its heap, and how many others it may have by default."""
RESERVED = 2**31
"""Bytes of addresses; memory is taken where they are used."""


@cache
def large_pages() -> bool:
    """Lay the heap of this process out in large pages, once; whether the system does that.

    Example:
        >>> large_pages() in (True, False)
        True
    """
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.restype, library.free.argtypes = None, [ctypes.c_void_p]
    library.mallopt(MMAP_THRESHOLD, LARGEST)
    library.mallopt(TRIM_THRESHOLD, NEVER)
    library.mallopt(MMAP_MAX, 0)
    library.free(library.malloc(RESERVED))
    library.mallopt(MMAP_MAX, MANY)
    heap = [line.split()[0] for line in maps.read_text().splitlines() if line.endswith("[heap]")]
    if not heap:
        return False
    start, end = (int(address, 16) for address in heap[-1].split("-"))
    start, end = -(-start // PAGE) * PAGE, end // PAGE * PAGE
    size = ctypes.c_size_t(max(0, end - start))
    return bool(library.madvise(ctypes.c_void_p(start), size, HUGE_PAGE) == 0)
