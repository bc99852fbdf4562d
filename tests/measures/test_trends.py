"""Agreement with SDMetrics to three digits and better, and the laws of the distances."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from fivefold.codecs.schema import Column, Schema
from fivefold.measures.fidelity import fidelity
from fivefold.measures.frame import frames
from fivefold.measures.trends import (
    choose_pairs,
    column_errors,
    column_names,
    pair_trends,
    sides,
)

SORTS = {"number": "numerical", "since": "datetime"}


def sort_of(frame, name):
    if frame.kinds[name] in ("date", "datetime"):
        return "datetime"
    return "numerical" if name in frame.number_names else "categorical"


@pytest.fixture(scope="module")
def report():
    from sdmetrics.reports import QualityReport

    def run(real, made, frame, thresholds=True):
        columns = {name: {"sdtype": sort_of(frame, name)} for name in frame.kinds}
        made_report = QualityReport()
        if not thresholds:
            made_report.real_correlation_threshold = 0
            made_report.real_association_threshold = 0
        sheets = [{"t": table.select(list(columns)).to_pandas()} for table in (real, made)]
        for sheet in sheets:
            for name, column in columns.items():
                if column["sdtype"] == "categorical":
                    sheet["t"][name] = sheet["t"][name].astype(object)
        made_report.generate(*sheets, {"tables": {"t": {"columns": columns}}}, verbose=False)
        return made_report

    return run


quiet = pytest.mark.filterwarnings("ignore")


def compare_all(run, real, made, schema=None):
    one, two = frames([real, made], schema)
    both, names = sides(one, two), column_names(one)
    shapes = run.get_details("Column Shapes").set_index("Column")["Score"]
    ours = dict(zip(names, column_errors(both), strict=True))
    for name, score in shapes.items():
        assert 1 - ours[name] == pytest.approx(score, abs=1e-6, nan_ok=True), name
    pairs = choose_pairs(len(names), 10_000, 0)
    trends = {
        frozenset((names[i], names[j])): trend
        for (i, j), trend in zip(pairs, pair_trends(both, pairs), strict=True)
    }
    for row in run.get_details("Column Pair Trends").to_dict("records"):
        trend = trends[frozenset((row["Column 1"], row["Column 2"]))]
        where = row["Column 1"], row["Column 2"]
        counts = row["Meets Threshold?"]
        assert trend.counts == (
            counts is not pd.NA and bool(counts) and row["Score"] == row["Score"]
        ), where
        if trend.counts:
            assert 1 - trend.error == pytest.approx(row["Score"], abs=1e-6), where


@quiet
def test_every_column_and_pair_of_adult_agrees_with_sdmetrics(adult, report):
    real, made = adult.slice(0, 16_280), adult.slice(16_280)
    schema = Schema(columns=(Column(name="education_num", kind="integer"),))
    frame = frames([real], schema)[0]
    run = report(real, made, frame)
    compare_all(run, real, made, schema)
    shape, trend = fidelity(*frames([real, made], schema))
    scores = run.get_properties().set_index("Property")["Score"]
    assert 1 - shape.value == pytest.approx(scores["Column Shapes"], abs=1e-6)
    assert 1 - trend.value == pytest.approx(scores["Column Pair Trends"], abs=1e-6)


@quiet
@pytest.mark.parametrize("seed", range(4))
def test_tables_with_missing_values_dates_and_constants_agree_with_sdmetrics(make, report, seed):
    missing = (0.0, 0.1, 0.4, 0.02)[seed]
    real, made = make(500, seed, missing), make(350, seed + 50, missing, noise=2.0)
    frame = frames([real])[0]
    compare_all(report(real, made, frame), real, made)


def test_identical_tables_have_no_error(make):
    one, two = frames([make(300, 0), make(300, 0)])
    both = sides(one, two)
    assert np.nanmax(column_errors(both)) == 0
    errors = [trend.error for trend in pair_trends(both, choose_pairs(8, 100, 0))]
    assert np.nanmax(errors) == pytest.approx(0, abs=1e-12)


def test_disjoint_columns_have_error_one():
    real = pa.table({"a": [float(n) for n in range(50)], "c": ["x", "y"] * 25})
    made = pa.table({"a": [100.5 + n for n in range(50)], "c": ["u", "v"] * 25})
    assert column_errors(sides(*frames([real, made]))).tolist() == [1.0, 1.0]


def test_wide_tables_have_pairs_drawn_by_seed():
    pairs = choose_pairs(400, 2_000, 3)
    assert len(set(pairs)) == 2_000
    assert all(0 <= i < j < 400 for i, j in pairs)
    assert pairs == choose_pairs(400, 2_000, 3) != choose_pairs(400, 2_000, 4)
