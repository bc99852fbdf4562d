"""An environment of their own for each group of peers, made from pinned requirements.

PyTorch is installed first and alone, the rest without looking at dependencies: the files in `environments/` are whole,
and some peers pin an older PyTorch than the one that they run with.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINS = Path(__file__).with_name("environments")
TORCH = ROOT / "requirements" / "torch.txt"


def interpreter(name: str, folder: Path = PINS) -> Path:
    """The Python of one environment, which is made if it is not there or not as its pins in a folder say."""
    pins, place = folder / f"{name}.txt", ROOT / "build" / "peers" / name
    python, stamp = place / "bin" / "python", place / "stamp"
    checksum = hashlib.sha256(TORCH.read_bytes() + pins.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == checksum:
        return python
    print(f"making the environment of {name} in {place}: a few minutes", file=sys.stderr)
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    install = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
        "--disable-pip-version-check",
    ]
    subprocess.run([*install, "--requirement", TORCH], check=True)
    subprocess.run([*install, "--no-deps", "--requirement", pins], check=True)
    stamp.write_text(checksum, encoding="utf-8")
    return python
