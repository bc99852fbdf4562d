import json
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.csv
import pytest

from fivefold.errors import InputError
from fivefold.measures import measure

NAMES = [
    "column_shape_error",
    "pair_trend_error",
    "detection_auc",
    "utility",
    "utility_gap",
    "precision",
    "recall",
    "density",
    "coverage",
    "alpha_precision",
    "beta_recall",
    "exact_copies",
    "excess_copies",
    "membership_tpr_at_1",
    "membership_tpr_at_01",
    "membership_auc",
]


@pytest.mark.parametrize(("rows", "holdout", "target"), [(300, True, "owner"), (20, False, None)])
def test_every_figure_comes_in_order_and_is_json(make, rows, holdout, target):
    unseen = make(rows, 2) if holdout else None
    figures = measure(make(rows, 0), make(rows, 1), holdout=unseen, target=target)
    assert [figure.name for figure in figures] == NAMES
    json.dumps([figure.to_dict() for figure in figures], allow_nan=False)
    for figure in figures:
        assert figure.definition
        assert figure.source
        assert figure.note or figure.value is not None
        if figure.value is not None:
            assert figure.low <= figure.value <= figure.high, figure.name


@pytest.mark.parametrize("rows", [(1, 1, 1), (1, 300, 2), (300, 1, 1), (8, 5, 8)])
def test_tables_of_a_few_rows_are_measured_without_a_warning(make, rows):
    real, made, unseen = (make(count, seed) for seed, count in enumerate(rows))
    for holdout in (None, unseen):
        figures = measure(real, made, holdout=holdout)
        assert [figure.name for figure in figures] == NAMES


def test_a_column_lost_in_the_synthetic_table_is_measured(make):
    made = make(200, 1)
    gone = made.set_column(0, "amount", pa.nulls(200))
    figures = measure(make(200, 0), gone, holdout=make(200, 2))
    assert "1 columns without a value" in figures[0].note
    assert figures[2].value > 0.9


def test_the_same_seed_gives_the_same_figures(make):
    tables = make(200, 0), make(200, 1)
    assert measure(*tables, seed=3) == measure(*tables, seed=3)


def test_parts_are_taken_alone(make):
    figures = measure(make(50, 0), make(50, 1), parts=("fidelity",))
    assert [figure.name for figure in figures] == NAMES[:2]


def test_a_missing_column_and_an_unknown_target_are_input_errors(make):
    with pytest.raises(InputError, match="the synthetic table: no column town"):
        measure(make(50, 0), make(50, 1).drop_columns(["town"]))
    with pytest.raises(InputError, match="no column 'wages' to predict"):
        measure(make(50, 0), make(50, 1), target="wages")


def test_rows_limit_the_costly_measures(make):
    figures = measure(make(400, 0), make(400, 1), rows=100)
    assert "100 rows a side" in next(f.note for f in figures if f.name == "detection_auc")


def test_importing_the_measures_loads_no_library():
    code = (
        "import sys, fivefold.measures; "
        "print([m for m in ('sklearn', 'pyarrow', 'torch', 'numpy') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_paths_and_frames_are_read(make, tmp_path):
    real, made = make(60, 0), make(60, 1)
    pa.csv.write_csv(real, tmp_path / "real.csv")
    shape = measure(tmp_path / "real.csv", made.to_pandas(), parts=("fidelity",))[0]
    assert shape.value == pytest.approx(measure(real, made, parts=("fidelity",))[0].value)


def test_half_a_million_rows_stay_cheap(make):
    """Row limits, stated in the notes, keep the cost of a large table near that of a small one."""
    table = make(50_000, 0)
    large = pa.concat_tables([table] * 10)
    started = time.process_time()
    figures = measure(large, large, holdout=make(5_000, 1), parts=("fidelity", "privacy"))
    assert time.process_time() - started < 30
    notes = {figure.name: figure.note for figure in figures}
    assert "2,500 members" in notes["membership_auc"]
