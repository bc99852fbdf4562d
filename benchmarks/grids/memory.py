"""How much memory it takes to read and encode a folder of pictures: flat, however many there are.

    python benchmarks/grids/memory.py --pictures 1000 100000 --out memory.json

Small PNG files are made in a temporary folder. Each number of them is read, fitted and encoded in a process of its own,
with pixels waiting in a file from 16 MB on; its peak of resident memory is printed, and that of one which only imports.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SIDE = 16
MEMORY = 1 << 24
IN_A_FOLDER = 1_000


def make(folder: Path, count: int) -> None:
    """So many pictures of SIDE x SIDE, a thousand in a folder."""
    from fivefold.codecs.pictures.files import png

    rng = np.random.default_rng(0)
    for n in range(count):
        inside = folder / f"{n // IN_A_FOLDER % 10}" / f"{n // IN_A_FOLDER:04d}"
        if n % IN_A_FOLDER == 0:
            inside.mkdir(parents=True, exist_ok=True)
        (inside / f"{n:06d}.png").write_bytes(png(rng.integers(0, 255, (1, SIDE, SIDE), np.uint8)))


def measure(folder: str) -> dict[str, float]:
    """Encode the pictures in a folder, none where it is empty words, and say what it took."""
    from fivefold.codecs import read_data
    from fivefold.codecs.image import ImageCodec

    began = time.process_time()
    count = 0
    if folder:
        table = read_data(folder)[1]
        codec = ImageCodec().fit(table)
        x = codec.encode(table, memory=MEMORY)
        count = len(x)
        for start in range(0, count, 4_096):
            x[start : start + 256].continuous.sum()
    return {
        "pictures": count,
        "cpu_seconds": round(time.process_time() - began, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main() -> None:
    """Measure each number of pictures in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pictures", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder is not None:
        print(json.dumps(measure(given.folder)))
        return
    found = []
    for count in (0, *given.pictures):
        with tempfile.TemporaryDirectory() as place:
            make(Path(place), count)
            command = [sys.executable, __file__, "--folder", place if count else ""]
            said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        found.append(json.loads(said))
        print(found[-1], flush=True)
    if given.out:
        given.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
