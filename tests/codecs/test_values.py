"""Many numbers as one normal variable and a mode."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs.values import Values


def source(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def shown(size: int) -> np.ndarray:
    return np.ones(size, bool)


def fitted(lattice: np.ndarray, rare: int = 10) -> Values:
    values = Values.fit(lattice, shown(len(lattice)), rare)
    assert values is not None
    return values


INCOME = np.exp(source().normal(9, 1, 20_000)).astype(np.int64)


def test_z_is_standard_normal():
    values = fitted(INCOME)
    z, mode = values.encode(INCOME, shown(len(INCOME)), source(1))
    assert values.discrete == ()
    assert not mode.any()
    ordered = torch.special.ndtr(torch.from_numpy(np.sort(z))).numpy()
    assert np.abs(ordered - (np.arange(len(z)) + 0.5) / len(z)).max() < 0.003
    assert abs(z).max() < 6.1


def test_values_come_back_within_the_knots():
    values = fitted(INCOME)
    z, _mode = values.encode(INCOME, shown(len(INCOME)), source(1))
    back, present = values.decode(z.astype(np.float32).astype(np.float64), None)
    inside = (values.knots[0] <= INCOME) & (values.knots[-1] > INCOME)
    assert inside.mean() > 0.999
    assert present is None
    assert (back[inside] == INCOME[inside]).all()


def test_spikes_and_missing_are_modes_with_noise_for_z():
    lattice = np.concatenate([INCOME[:6000], np.zeros(3000, np.int64), np.full(500, 50_000)])
    lattice = np.append(lattice, np.zeros(500, np.int64))
    present = np.arange(10_000) < 9500
    values = Values.fit(lattice, present, 10)
    assert values is not None
    assert values.spikes == (0, 50_000)
    assert values.missing
    assert values.discrete == (4,)
    z, mode = values.encode(lattice, present, source())
    assert np.bincount(mode)[1] == 3000
    assert np.bincount(mode)[3] == 500
    assert abs(z[mode > 0].mean()) < 0.1
    assert z[mode > 0].std() == pytest.approx(1, abs=0.05)
    back, there = values.decode(z, mode)
    assert there is not None
    assert there.tolist() == present.tolist()
    kept = present & ((mode > 0) | ((lattice >= values.knots[0]) & (lattice < values.knots[-1])))
    assert (back[kept] == lattice[kept]).all()


def test_a_value_that_does_not_stand_out_is_no_spike():
    assert fitted(np.repeat(np.arange(180), 20)).spikes == ()


def test_round_amounts_keep_their_probability():
    rng = source()
    heaped = np.concatenate([rng.integers(1, 40, 6000) * 1000, rng.integers(500, 40_000, 4000)])
    values = fitted(heaped)
    z = rng.normal(size=50_000)
    mode = None
    if values.discrete:
        shares = np.bincount(values.encode(heaped, shown(10_000), source())[1]) / 10_000
        mode = rng.choice(len(shares), 50_000, p=shares)
    drawn, _ = values.decode(z, mode)
    assert np.mean(drawn % 1000 == 0) == pytest.approx(np.mean(heaped % 1000 == 0), abs=0.02)


def test_amounts_in_steps_stay_in_steps():
    amounts = source().integers(0, 5000, 3000) * 25 + 7
    values = fitted(amounts)
    assert values.grid.step == 25
    drawn, _ = values.decode(source().normal(size=5000), None)
    assert (drawn % 25 == 7).all()
    z, _ = values.encode(amounts, shown(3000), source())
    inside = (amounts >= values.span[0]) & (amounts <= values.span[1])
    assert (values.decode(z, None)[0][inside] == amounts[inside]).all()


def test_too_few_rows_beside_the_spikes_are_not_learned():
    lattice = np.concatenate([np.zeros(100, np.int64), np.arange(1000, 1005)])
    assert Values.fit(lattice, shown(105), 10) is None


def test_a_missing_value_where_none_was_seen_becomes_a_draw():
    values = fitted(INCOME)
    z, mode = values.encode(INCOME[:100], np.zeros(100, bool), source())
    assert not mode.any()
    assert z.std() == pytest.approx(1, abs=0.3)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.integers(-(10**5), 10**5), min_size=12, max_size=300),
    st.integers(0, 2**32),
)
def test_any_column_comes_back(drawn: list[int], seed: int):
    lattice = np.array(drawn, np.int64)
    values = Values.fit(lattice, shown(len(lattice)), 5)
    if values is None:
        return
    z, mode = values.encode(lattice, shown(len(lattice)), source(seed))
    assert np.isfinite(z).all()
    back, _present = values.decode(z, mode if values.discrete else None)
    low, high = values.grid.fine(np.array([values.knots[0], values.knots[-1] - 1]))
    inside = (mode > 0) | ((lattice >= low) & (lattice <= high))
    span = max(values.knots[-1] - values.knots[0], 1)
    assert (np.abs(back - lattice)[inside] <= values.grid.step * math.ceil(span * 3e-7)).all()
    assert Values.model_validate(values.model_dump(mode="json")) == values


def test_the_volume_turns_the_normal_density_into_the_mass_of_each_cell():
    values = fitted(np.repeat(np.arange(200), source().integers(1, 60, 200)))
    cells = np.arange(values.knots[0], values.knots[-1])
    z, _ = values.encode(cells, shown(len(cells)), source())
    normal = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    mass = np.exp(normal + values.log_volume(z, None))
    assert mass.sum() == pytest.approx(1, abs=1e-6)
    left, right = (np.interp(cells + shift, values.knots, values.heights) for shift in (0, 1))
    np.testing.assert_allclose(mass, right - left, rtol=1e-6)


def test_noise_costs_nothing_where_the_mode_is_a_spike():
    lattice = np.concatenate([np.zeros(5000, np.int64), INCOME[:5000]])
    values = fitted(lattice)
    z, mode = values.encode(lattice, shown(10_000), source())
    normal = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    log_p = np.log(0.5) + normal + values.log_volume(z, mode)
    assert log_p[mode == 1] == pytest.approx(math.log(0.5))
