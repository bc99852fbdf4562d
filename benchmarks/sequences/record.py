"""What every measurement here is written down with: data, seed, machine, versions, date and the command."""

from __future__ import annotations

import json
import os
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fivefold import __version__
from fivefold.files import write_atomically
from fivefold.machine import Machine

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).parents[2]


def record(name: str, found: dict[str, Any], *, data: str, seed: int) -> Path:
    """Write what was found to `results/NAME.json`.

    Arguments:
        name: of the measurement.
        found: the figures.
        data: what they were measured on.
        seed: of what was random.
    """
    script = Path(sys.argv[0]).resolve()
    place = script.relative_to(ROOT) if script.is_relative_to(ROOT) else Path(script.name)
    whole = {
        "name": name,
        "command": shlex.join(["python", str(place), *sys.argv[1:]]),
        "data": data,
        "seed": seed,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": round(os.getloadavg()[0], 1),
        "fivefold": __version__,
        "machine": Machine.here().to_dict(),
        "found": found,
    }
    path = RESULTS / f"{name}.json"
    write_atomically(path, json.dumps(whole, indent=1, ensure_ascii=False).encode() + b"\n")
    return path
