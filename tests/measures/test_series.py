"""Series judged: what is real, white, copied, holed or alone."""

import numpy as np
import pyarrow as pa
import pytest

from fivefold.errors import InputError
from fivefold.measures.judging import judge
from fivefold.measures.series import SeriesJudge, measure_series
from fivefold.measures.timewindows import codec_of

NAMES = [
    "column_shape_error",
    "pair_trend_error",
    "autocorrelation_error",
    "cross_correlation_error",
    "spectrum_error",
    "detection_auc",
    "discriminative_score",
    "predictive_score",
    "precision",
    "recall",
    "density",
    "coverage",
    "memorised_share",
]


def series(rows: int, phi: float, seed: int, variables: int = 2, missing: float = 0.0) -> pa.Table:
    draw = np.random.default_rng(seed)
    noise = draw.normal(size=(rows, variables))
    found = noise.copy()
    for t in range(1, rows):
        found[t] = phi * found[t - 1] + np.sqrt(1 - phi**2) * noise[t]
    holes = draw.random((rows, variables)) < missing
    columns = {
        f"v{k}": pa.array(np.round(found[:, k], 3), mask=holes[:, k]) for k in range(variables)
    }
    return pa.table({"t": np.arange(rows), **columns})


@pytest.fixture(scope="module")
def judged():
    real = series(6_000, 0.8, 1)
    return SeriesJudge(real, series(3_000, 0.8, 2), codec=codec_of(real, "series", length=32))


def figures(judged, made):
    found = {figure.name: figure for figure in judged.figures(made)}
    assert list(found) == NAMES
    for figure in found.values():
        assert figure.value is None or figure.low <= figure.value <= figure.high
    return found


def test_real_series_are_at_the_floor(judged):
    found = figures(judged, series(6_000, 0.8, 3))
    for name in NAMES[:5]:
        assert found[name].value < 3 * found[name].floor + 0.02
    assert found["discriminative_score"].low == 0
    assert found["detection_auc"].low < 0.5 < found["detection_auc"].high
    assert found["predictive_score"].value < 1.1 * found["predictive_score"].floor
    assert found["memorised_share"].value < 0.06


def test_white_noise_is_told_from_an_autoregression(judged):
    found = figures(judged, series(6_000, 0.0, 4))
    assert found["autocorrelation_error"].low > 4 * found["autocorrelation_error"].floor
    assert found["spectrum_error"].low > 4 * found["spectrum_error"].floor
    assert found["column_shape_error"].value < 0.06
    assert found["detection_auc"].low > 0.9
    assert found["discriminative_score"].low > 0.4
    assert found["predictive_score"].low > 1.2 * found["predictive_score"].floor
    assert found["recall"].value < 0.4


def test_a_copy_is_caught_and_is_not_told_from_real(judged):
    found = figures(judged, series(6_000, 0.8, 1))
    assert found["memorised_share"].low > 0.9
    assert abs(found["detection_auc"].value - 0.5) < 0.2


def test_missing_values_and_one_variable_break_nothing():
    real = series(3_000, 0.7, 5, variables=1, missing=0.2)
    found = {
        figure.name: figure
        for figure in measure_series(real, series(2_000, 0.7, 6, variables=1, missing=0.2))
    }
    assert found["cross_correlation_error"].value is None
    assert found["autocorrelation_error"].value < 0.1
    assert found["pair_trend_error"].value == found["autocorrelation_error"].value


def test_generated_windows_are_taken_as_they_are(judged):
    batch = judged.codec.encode(series(3_000, 0.8, 7), seed=0)[slice(0, 1_500, 10)]
    made = judged.codec.decode(batch, seed=0)
    assert len(judged.windows(made)) == 150
    shape, trend = judged.glance(made)
    assert shape.value < 0.1
    assert trend.value < 0.1


def test_few_windows_have_no_scores(judged):
    made = judged.codec.decode(judged.codec.encode(series(400, 0.8, 8), seed=0)[:3], seed=0)
    found = figures(judged, made)
    assert found["detection_auc"].value is None
    assert found["recall"].value is None
    assert found["column_shape_error"].value is not None


def test_the_end_of_windows_is_judged_as_a_forecast(judged):
    real = judged.two
    draws = [
        type(real)(
            **{**vars(real), "values": real.values + np.where(np.arange(32)[:, None] < 24, 0, e)}
        )
        for e in (-0.1, 0.1)
    ]
    found = {figure.name: figure for figure in judged.forecasts(real, draws, 24)}
    assert found["forecast_crps"].value == pytest.approx(0, abs=0.11)
    assert found["forecast_skill_naive"].value > 0.5


def test_the_same_seed_gives_the_same_figures_in_one_call():
    real, made = series(1_200, 0.5, 9, 1), series(1_200, 0.5, 10, 1)
    one, two = ([f.to_dict() for f in judge(real, made, kind="series", seed=3)] for _ in "12")
    assert one == two
    with pytest.raises(InputError, match="Arrow tables"):
        judge(["a"], ["b"], kind="series")


def test_halves_of_one_short_series_are_not_told_apart_by_what_overlaps():
    real = series(2_000, 0.8, 11)
    judged = SeriesJudge(real, codec=codec_of(real, "series", length=48))
    told, _ = judged._floors
    assert 0.15 < told.area[0] < 0.85
