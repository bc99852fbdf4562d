"""Energy: what a run cost, in joules with an interval and a stated method.

    measured     the package counters of the processor (RAPL) before and after, where the system lets them be read:
                 the whole machine's packages, so an upper bound when something else runs
    estimated    processor seconds x watts a busy core, low to high; where the user gives the watts (thermal design
                 power / cores), half to twice as much, the spread seen between tools
    joules       = the above x PUE, what a building adds for each joule of its machines (1 at home)
    kg CO2       = joules / 3.6e6 x the grid's intensity in kg a kWh

Without a counter and without a stated power no tool knows: on one machine codecarbon 3.3.2 took 4 W a thread and
carbontracker implied 56 W in all, taken here as 28 W for each of two threads. The estimate is their geometric middle,
an assumption, and the interval shows both. Memory, disks and the making of the machine are left out.

References:
    RAPL: Memory Power Estimation and Capping (David et al., 2010)
    codecarbon, DEFAULT_POWER_PER_CORE = 4, https://github.com/mlco2/codecarbon
    Global Electricity Review 2023 (Ember): world average of 2022, 436 g CO2 a kWh
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from fivefold.measures.figure import Figure

COUNTERS = Path("/sys/class/powercap")
CORE_WATTS = (4.0, 10.6, 28.0)
SPREAD = 2.0
JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True)
class Grid:
    """How clean the electricity is.

    Arguments:
        kg_per_kwh: kg of CO2 for each kWh.
        source: who says so.
        year: of which year.
    """

    kg_per_kwh: float = 0.436
    source: str = "world average, Ember, Global Electricity Review 2023"
    year: int = 2022


def processor_seconds() -> float:
    """The processor seconds of this process and of its children that have ended."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


class Meter:
    """Meters what happens inside a `with` block.

    Arguments:
        core_watts: the watts of one busy core (thermal design power / cores), where they are known.
        pue: power usage effectiveness of the building.
        grid: how clean the electricity is.
        counters: where the processor's energy counters are.

    Example:
        >>> with Meter(core_watts=10.0) as meter:
        ...     _ = sum(range(1000))
        >>> [figure.name for figure in meter.figures()]
        ['energy', 'carbon']
    """

    def __init__(
        self,
        *,
        core_watts: float | None = None,
        pue: float = 1.0,
        grid: Grid | None = None,
        counters: Path = COUNTERS,
    ) -> None:
        self.core_watts, self.pue, self.grid = core_watts, pue, grid or Grid()
        self.counters = counters
        self.cpu_seconds = self.wall_seconds = 0.0
        self.measured: float | None = None

    def __enter__(self) -> Self:
        self._start = processor_seconds(), time.perf_counter(), _counts(self.counters)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        cpu, wall, before = self._start
        self.cpu_seconds = processor_seconds() - cpu
        self.wall_seconds = time.perf_counter() - wall
        after = _counts(self.counters)
        if before and before.keys() == after.keys():
            self.measured = sum(_passed(before[name], after[name]) for name in before) / 1e6

    def figures(self) -> list[Figure]:
        """`energy` in joules and `carbon` in kg of CO2."""
        low, value, high, method = self._joules()
        spent = f"{self.cpu_seconds:.1f} processor seconds, PUE {self.pue:g}"
        grid = f"{self.grid.kg_per_kwh * 1000:g} g/kWh ({self.grid.source}, {self.grid.year})"
        rate = self.grid.kg_per_kwh / JOULES_PER_KWH
        details = {
            "cpu_seconds": self.cpu_seconds,
            "wall_seconds": self.wall_seconds,
            "pue": self.pue,
            "kg_per_kwh": self.grid.kg_per_kwh,
        }
        energy = Figure(
            name="energy",
            title="Energy",
            value=value,
            low=low,
            high=high,
            unit="J",
            definition="Joules of the processor in this run, times the building's PUE.",
            source="RAPL" if self.measured is not None else "processor seconds x watts a core",
            note=f"{method}; {spent}",
            details=details,
        )
        carbon = Figure(
            name="carbon",
            title="Carbon dioxide",
            value=value * rate,
            low=low * rate,
            high=high * rate,
            unit="kg CO2",
            definition="The energy times the intensity of the electricity.",
            source=f"{self.grid.source}, {self.grid.year}",
            note=f"{method}; {grid}",
            details=details,
        )
        return [energy, carbon]

    def _joules(self) -> tuple[float, float, float, str]:
        if self.measured is not None:
            joules = self.measured * self.pue
            return joules, joules, joules, "measured (RAPL, whole package)"
        if self.core_watts is not None:
            watts = self.core_watts / SPREAD, self.core_watts, self.core_watts * SPREAD
            method = f"estimated at {watts[1]:g} W a busy core, half to twice that"
        else:
            watts = CORE_WATTS
            method = f"assumed {watts[0]:g} to {watts[2]:g} W a busy core: no counter can be read"
        low, value, high = (power * self.cpu_seconds * self.pue for power in watts)
        return low, value, high, method


def _counts(folder: Path) -> dict[str, tuple[int, int]]:
    """The microjoules and the range of each package's counter; empty where they cannot be read."""
    counts = {}
    try:
        for zone in sorted(folder.glob("intel-rapl:[0-9]")):
            used = int((zone / "energy_uj").read_text())
            counts[zone.name] = used, int((zone / "max_energy_range_uj").read_text())
    except (OSError, ValueError):
        return {}
    return counts


def _passed(before: tuple[int, int], after: tuple[int, int]) -> int:
    """Microjoules between two readings of a counter that starts again at its range."""
    return after[0] - before[0] if after[0] >= before[0] else after[0] + before[1] - before[0]
