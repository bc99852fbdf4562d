"""Speed: how many rows a sampler makes in one second of processor time.

With T_1..T_R the processor seconds of R runs of n rows, after one run to warm up,

    rows per second = R n / sum T,    interval: of the mean of log(n / T) by Student's t

Processor seconds rather than seconds on the clock, so that another program on the machine changes little; threads add
up. On an accelerator the time that passes is what counts: give `clock=time.perf_counter` and wait for the device.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.stats import t

from fivefold.measures.figure import Figure
from fivefold.measures.intervals import LEVEL

RUNS = 3
BUDGET = 2.0
MOST = 50


def generation_speed(
    sampler: Callable[[int], object],
    rows: int = 10_000,
    *,
    seconds: float = BUDGET,
    clock: Callable[[], float] = time.process_time,
) -> Figure:
    """The rows a second that a sampler makes.

    Arguments:
        sampler: takes a number of rows and makes them.
        rows: the rows of each run.
        seconds: runs are repeated until so many seconds are spent, three times at least.
        clock: what tells the seconds.

    Returns:
        `generation_speed`, in rows per second.
    """
    start = clock()
    sampler(rows)
    warm = clock() - start
    times: list[float] = []
    while len(times) < RUNS or (sum(times) < seconds and len(times) < MOST):
        start = clock()
        sampler(rows)
        times.append(max(clock() - start, 1e-9))
    logs = np.log(rows / np.array(times))
    reach = float(t.ppf(0.5 + LEVEL / 2, len(logs) - 1) * logs.std(ddof=1) / np.sqrt(len(logs)))
    value = rows * len(times) / sum(times)
    low, high = np.exp(logs.mean() - reach), np.exp(logs.mean() + reach)
    unit = "processor second" if clock is time.process_time else "second"
    return Figure(
        name="generation_speed",
        title="Generation speed",
        value=value,
        low=min(float(low), value),
        high=max(float(high), value),
        better="higher",
        unit="rows/s",
        definition=f"Rows made in one {unit}, after one run to warm up.",
        source="measured here; interval of the mean of logarithms by Student's t",
        note=f"{len(times)} runs of {rows:,} rows",
        details={"seconds": times, "first_run_seconds": warm, "rows": rows},
    )
