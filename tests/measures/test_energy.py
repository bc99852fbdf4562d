import json
import subprocess
import sys

import pytest

from fivefold.measures.energy import Grid, Meter


def package(folder, used, most=1_000_000):
    zone = folder / "intel-rapl:0"
    zone.mkdir(exist_ok=True)
    (zone / "energy_uj").write_text(f"{used}\n")
    (zone / "max_energy_range_uj").write_text(f"{most}\n")


def test_counters_are_read_where_there_are_any(tmp_path):
    package(tmp_path, 100_000)
    with Meter(counters=tmp_path, pue=1.5) as meter:
        package(tmp_path, 700_000)
    energy, carbon = meter.figures()
    assert energy.value == energy.low == energy.high == pytest.approx(0.9)
    assert energy.note.startswith("measured")
    assert carbon.value == pytest.approx(0.9 / 3.6e6 * 0.436)


def test_a_counter_that_started_again_is_followed(tmp_path):
    package(tmp_path, 900_000)
    with Meter(counters=tmp_path) as meter:
        package(tmp_path, 100_000)
    assert meter.figures()[0].value == pytest.approx(0.2)


def test_without_counters_the_interval_spans_the_tools(tmp_path):
    with Meter(counters=tmp_path) as meter:
        pass
    meter.cpu_seconds = 10.0
    energy, carbon = meter.figures()
    assert (energy.low, energy.value, energy.high) == pytest.approx((40, 106, 280))
    assert energy.note.startswith("assumed")
    assert "2022" in carbon.note
    json.dumps([energy.to_dict(), carbon.to_dict()], allow_nan=False)


def test_stated_watts_and_grid_are_used(tmp_path):
    grid = Grid(kg_per_kwh=0.05, source="my supplier", year=2025)
    with Meter(core_watts=20.0, pue=1.2, grid=grid, counters=tmp_path) as meter:
        pass
    meter.cpu_seconds = 3_600.0
    energy, carbon = meter.figures()
    assert (energy.low, energy.value, energy.high) == pytest.approx((43_200, 86_400, 172_800))
    assert carbon.value == pytest.approx(0.0012)
    assert carbon.source == "my supplier, 2025"


def test_children_are_metered(tmp_path):
    with Meter(counters=tmp_path) as meter:
        subprocess.run([sys.executable, "-c", "sum(range(10**7))"], check=True)
    assert meter.cpu_seconds > 0.05
    assert meter.wall_seconds > 0.05
