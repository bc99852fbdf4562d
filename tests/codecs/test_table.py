"""A table goes into a space and comes back as it was."""

from __future__ import annotations

import copy
import datetime as dt
import json
import math
import uuid
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fivefold.codecs import Column, Schema, TableCodec, read_table
from fivefold.codecs.levels import Levels
from fivefold.codecs.values import Values
from fivefold.errors import InputError, NotFittedError
from fivefold.spaces import Batch

N = 2000
ZONE = "America/New_York"


def zoo() -> pa.Table:
    """A column of every kind."""
    rng = np.random.default_rng(0)
    days = [dt.date(2020, 1, 1) + dt.timedelta(int(day)) for day in rng.integers(0, 900, N)]
    moments = [
        dt.datetime(2023, 3, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=int(m))
        for m in rng.integers(0, 60 * 24 * 60, N)
    ]
    hidden = rng.random(N) < 0.1
    return pa.table(
        {
            "key": [f"K-{i:05d}" for i in range(N)],
            "uid": [str(uuid.UUID(int=int(i) << 64)) for i in rng.integers(0, 2**62, N)],
            "town": rng.choice(["York", "Hull", "Leeds"], N, p=[0.6, 0.39, 0.01]),
            "size": pa.array(rng.choice(["S", "M", "L"], N), mask=hidden),
            "owner": pa.array(rng.random(N) < 0.3),
            "spoken": rng.choice(["Yes", "No"], N),
            "children": rng.poisson(1, N),
            "small": pa.array(rng.integers(-100, 100, N), pa.int8()),
            "income": pa.array(np.round(np.exp(rng.normal(9, 1, N)), 2), mask=hidden),
            "gain": np.where(rng.random(N) < 0.8, 0, rng.integers(100, 99_999, N)),
            "real": rng.normal(size=N),
            "single": rng.normal(size=N).astype(np.float32),
            "money": pa.array(np.round(rng.normal(size=N), 2)).cast(
                pa.decimal128(9, 2), safe=False
            ),
            "day": days,
            "written": [day.strftime("%d.%m.%Y") for day in days],
            "moment": pa.array(moments, pa.timestamp("us", ZONE)),
            "clock": [moment.time() for moment in moments],
            "span": pa.array(rng.integers(0, 10**5, N), pa.duration("s")),
            "remark": ["".join(rng.choice(list("abc defg"), 9)) for _ in range(N)],
            "same": ["x"] * N,
            "void": pa.array([None] * N, pa.float64()),
        }
    )


TABLE = zoo()
CODEC = TableCodec().fit(TABLE)
BATCH = CODEC.encode(TABLE, seed=0)
BACK = CODEC.decode(BATCH, seed=0)


def test_columns_keep_their_order_and_type():
    kept = [name for name in TABLE.column_names if name != "remark"]
    assert BACK.column_names == kept
    assert [BACK.schema.field(name).type for name in kept] == [
        TABLE.schema.field(name).type for name in kept
    ]


def test_the_batch_belongs_to_the_space():
    space = CODEC.space
    assert space.continuous is not None
    assert BATCH.continuous.shape == (N, *space.continuous)
    assert BATCH.discrete.shape == (N, space.positions)
    assert (BATCH.continuous.dtype, BATCH.discrete.dtype) == (torch.float32, torch.int64)
    assert BATCH.continuous.is_contiguous()
    assert torch.isfinite(BATCH.continuous).all()
    assert (BATCH.discrete >= 0).all()
    assert (BATCH.discrete < torch.tensor(space.discrete)).all()


EXACT = ["town", "size", "owner", "spoken", "same", "void"]


@pytest.mark.parametrize("name", EXACT)
def test_names_come_back_exactly(name: str):
    assert BACK.column(name).to_pylist() == TABLE.column(name).to_pylist()


@pytest.mark.parametrize(
    "name",
    ["small", "income", "gain", "money", "day", "written", "moment", "clock", "span", "children"],
)
def test_numbers_and_dates_come_back_but_for_the_rarest(name: str):
    before, after = TABLE.column(name).to_pylist(), BACK.column(name).to_pylist()
    assert [value is None for value in before] == [value is None for value in after]
    assert np.mean([a == b for a, b in zip(before, after, strict=True)]) > 0.98


@pytest.mark.parametrize("name", ["real", "single"])
def test_reals_come_back_to_single_precision(name: str):
    before, after = np.asarray(TABLE.column(name)), np.asarray(BACK.column(name))
    inside = np.abs(before) < np.quantile(np.abs(before), 0.99)
    np.testing.assert_allclose(after[inside], before[inside], atol=3e-6)


def test_identifiers_are_new_unique_and_go_on_over_parts():
    first = CODEC.decode(BATCH[:700], seed=1)
    second = CODEC.decode(BATCH[700:], seed=2, start=700)
    for name in ("key", "uid"):
        made = first.column(name).to_pylist() + second.column(name).to_pylist()
        assert len(set(made)) == N
        assert not set(made) & set(TABLE.column(name).to_pylist())


def test_what_is_left_out_is_said():
    assert "remark: free text (2,000 different values in 2,000 rows): kept out" in CODEC.notices
    assert "key: recognised as an identifier: made anew, never learned" in CODEC.notices
    assert "void: every value is missing" in CODEC.notices
    assert "same: constant: repeated, not learned" in CODEC.notices
    rare = pa.table({"x": ["a"] * 50 + ["b"] * 50 + ["c"] * 3})
    assert TableCodec().fit(rare).notices == [
        "x: 3 values of rare categories are pooled and not reproduced"
    ]


def test_a_column_that_is_mostly_rare_is_kept_out():
    words = ["often"] * 40 + [f"w{i // 3}" for i in range(60)]
    codec = TableCodec().fit(pa.table({"x": words, "y": [1, 2] * 50}))
    assert codec.notices == ["x: 60% of its values are rare categories: kept out"]
    assert codec.decode(codec.encode(pa.table({"y": [1]}), seed=0), seed=0).column_names == ["y"]


def test_the_same_seed_gives_the_same_bytes():
    again = CODEC.encode(TABLE, seed=0)
    assert torch.equal(again.continuous, BATCH.continuous)
    assert torch.equal(again.discrete, BATCH.discrete)
    assert CODEC.decode(BATCH, seed=0).equals(BACK)
    other = CODEC.encode(TABLE, seed=1)
    assert not torch.equal(other.continuous, BATCH.continuous)


def test_a_column_is_encoded_alike_whatever_stands_around_it():
    columns = list(reversed(TABLE.column_names))
    shuffled = CODEC.encode(TABLE.select(columns), seed=0)
    assert torch.equal(shuffled.continuous, BATCH.continuous)
    without = CODEC.encode(TABLE.drop_columns(["remark", "key", "same"]), seed=0)
    assert torch.equal(without.discrete, BATCH.discrete)


def test_the_codec_survives_json():
    state = json.loads(json.dumps(CODEC.to_dict()))
    other = TableCodec.from_dict(state)
    assert other.space == CODEC.space
    assert other.schema == CODEC.schema
    assert other.notices == CODEC.notices
    assert other.decode(BATCH, seed=0).equals(BACK)
    assert torch.equal(other.encode(TABLE, seed=0).continuous, BATCH.continuous)
    assert torch.equal(other.log_volume(BATCH), CODEC.log_volume(BATCH))


def test_no_training_record_stands_in_the_state():
    state = json.dumps(CODEC.to_dict())
    for name in ("key", "uid", "remark"):
        assert not any(str(word) in state for word in TABLE.column(name).to_pylist())
    largest = max(value for value in TABLE.column("income").to_pylist() if value is not None)
    assert str(round(largest * 100)) not in state


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_hostile_state_is_an_input_error_or_works(data: st.DataObject):
    state = copy.deepcopy(STATE)
    node: Any = state
    path: list[Any] = []
    while isinstance(node, (dict, list)) and node:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        path.append(data.draw(st.sampled_from(keys)))
        node = node[path[-1]]
        if data.draw(st.integers(0, 3)) == 0:
            break
    parent: Any = state
    for key in path[:-1]:
        parent = parent[key]
    junk = (
        st.none() | st.integers() | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})
    )
    parent[path[-1]] = data.draw(junk)
    try:
        codec = TableCodec.from_dict(state)
    except InputError as fault:
        if fault.code != "codec":
            raise
        return
    space = codec.space
    zeros = torch.zeros(3, space.dimensions if space.continuous else 0)
    codec.decode(Batch(zeros, torch.zeros(3, space.positions, dtype=torch.int64)), seed=0)


STATE = json.loads(json.dumps(CODEC.to_dict()))


@pytest.mark.parametrize("state", [{}, {"codec": "image"}, {"codec": "table", "version": 2}])
def test_a_state_of_something_else_is_said(state: dict[str, Any]):
    with pytest.raises(InputError, match=r"codec.json: the description of the table is damaged"):
        TableCodec.from_dict(state)


def test_the_volume_makes_probabilities_of_a_discrete_table_sum_to_one():
    table = pa.table({"a": [1] * 50 + [2] * 30 + [4] * 20, "b": ["x", "y"] * 50})
    codec = TableCodec().fit(table)
    batch = codec.encode(table, seed=0)
    rows, counts = torch.unique(batch.discrete, dim=0, return_counts=True)
    cells = Batch(torch.zeros(len(rows), 0), rows)
    log_p = torch.log(counts / 100) + codec.log_volume(cells)
    assert float(log_p.exp().sum()) == pytest.approx(1)


def test_the_bound_holds_for_the_density_of_independent_columns():
    rng = np.random.default_rng(0)
    table = pa.table({"x": np.where(rng.random(4000) < 0.5, 0, rng.integers(1, 5000, 4000))})
    codec = TableCodec().fit(table)
    (seat,) = codec.seats
    assert isinstance(seat.encoding, Values)
    batch = codec.encode(table, seed=0)
    share = torch.bincount(batch.discrete[:, 0]) / 4000
    z = batch.continuous[:, 0]
    log_space = share.log()[batch.discrete[:, 0]] - 0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    bound = float((log_space + codec.log_volume(batch)).mean())
    zero = float(share[1])
    truth = zero * math.log(zero) + (1 - zero) * math.log((1 - zero) / 4999)
    assert bound == pytest.approx(truth, abs=0.04)


def test_few_numbers_are_levels_and_many_are_values():
    kinds = {seat.column.name: type(seat.encoding) for seat in CODEC.seats}
    assert kinds["children"] is Levels
    assert kinds["income"] is Values
    assert kinds["gain"] is Values


def test_a_condition_sees_every_position_of_its_columns():
    c = CODEC.condition({"gain": 0, "town": "York", "income": None, "same": "x"}, 3)
    seats = {seat.column.name: seat for seat in CODEC.seats}
    assert len(c) == 3
    assert c.seen == 5
    for name in ("gain", "town", "income"):
        seat = seats[name]
        assert seat.level is not None
        assert c.discrete[seat.level]
        assert seat.z is None or c.continuous[seat.z]
    rows = CODEC.decode(c.impose(BATCH[:3]), seed=0)
    assert rows.column("gain").to_pylist() == [0, 0, 0]
    assert rows.column("town").to_pylist() == ["York"] * 3
    assert rows.column("income").to_pylist() == [None] * 3


@pytest.mark.parametrize(
    ("name", "asked", "got"),
    [
        ("income", "8103.5", 8103.5),
        ("children", "2", 2),
        ("small", -7, -7),
        ("owner", "true", True),
        ("owner", True, True),
        ("size", None, None),
        ("size", "?", None),
        ("day", "2020-05-06", dt.date(2020, 5, 6)),
        ("day", dt.date(2020, 5, 6), dt.date(2020, 5, 6)),
        ("written", "06.05.2020", "06.05.2020"),
        ("written", "2020-05-06", "06.05.2020"),
        ("clock", "10:30", dt.time(10, 30)),
        ("clock", dt.time(10, 30), dt.time(10, 30)),
        ("moment", "2023-03-20T14:00:00Z", dt.datetime(2023, 3, 20, 14, tzinfo=dt.UTC)),
        ("moment", "2023-03-20 10:00", dt.datetime(2023, 3, 20, 14, tzinfo=dt.UTC)),
        (
            "moment",
            dt.datetime(2023, 3, 20, 14, tzinfo=dt.UTC),
            dt.datetime(2023, 3, 20, 14, tzinfo=dt.UTC),
        ),
    ],
)
def test_a_value_asked_for_is_imposed_exactly(name: str, asked: object, got: object):
    c = CODEC.condition({name: asked}, 4, seed=3)
    rows = CODEC.decode(c.impose(BATCH[:4]), seed=0)
    if name != "small":
        assert rows.column(name).to_pylist() == [got] * 4
    assert CODEC.impose(rows, {name: asked}).column(name).to_pylist() == [got] * 4
    assert CODEC.impose(rows, {name: asked}).schema == rows.schema


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"incme": 1}, r"no column 'incme'; did you mean 'income'\? allowed: .*\[no-column\]"),
        (
            {"town": "Yrk"},
            (
                r"column town: 'Yrk' is not known; did you mean 'York'\? allowed: 'York', 'Hull', 'Leeds' "
                r"\[unknown-value\]"
            ),
        ),
        ({"town": None}, r"column town: has no missing values; .*\[unknown-value\]"),
        (
            {"children": 99},
            r"column children: 99 lies outside of what was learned; give a value be",
        ),
        (
            {"children": 1.5},
            r"column children: 1.5 is no integer; write it as 12 \[unknown-value\]",
        ),
        (
            {"day": "soon"},
            r"column day: 'soon' is no date; write it as 2024-02-29 \[unknown-value\]",
        ),
        ({"day": "2023-02-29"}, r"column day: '2023-02-29' is no date"),
        ({"day": "1999-01-01"}, r"column day: '1999-01-01' lies outside .* between 20\d\d-"),
        ({"gain": None}, r"column gain: has no missing values \[unknown-value\]"),
        ({"remark": "x"}, r"column remark: is text, which is not learned; .*\[not-learned\]"),
        ({"key": "x"}, r"column key: is identifier, which is not learned; .*\[not-learned\]"),
        ({"same": "y"}, r"column same: 'y' is not known; allowed: 'x' \[unknown-value\]"),
    ],
)
def test_a_value_outside_of_the_schema_is_said(where: dict[str, object], words: str):
    with pytest.raises(InputError, match=words):
        CODEC.condition(where, 2)


def test_a_column_can_be_balanced():
    assert CODEC.choices("town") == ["York", "Hull", "Leeds"]
    assert CODEC.choices("owner") == [False, True]
    values = ["York", "Leeds", "Hull", "York"]
    c = CODEC.condition_values("town", values)
    rows = CODEC.decode(c.impose(BATCH[:4]), seed=0)
    assert rows.column("town").to_pylist() == values
    with pytest.raises(
        InputError, match=r"column 'income' is no category but decimal; .*\[not-cat"
    ):
        CODEC.choices("income")


def test_other_data_are_encoded_as_near_as_can_be():
    other = TABLE.slice(0, 3).set_column(
        TABLE.column_names.index("town"), "town", pa.array(["Paris", None, "York"])
    )
    other = other.set_column(
        other.column_names.index("income"), "income", pa.array([1e12, -5.0, None])
    )
    rows = CODEC.decode(CODEC.encode(other, seed=0), seed=0)
    assert set(rows.column("town").to_pylist()) <= {"York", "Hull", "Leeds"}
    incomes = rows.column("income").to_pylist()
    known = [value for value in TABLE.column("income").to_pylist() if value is not None]
    assert min(known) <= incomes[1] < incomes[0] <= max(known)
    assert incomes[2] is None


def test_a_column_that_lacks_or_does_not_fit_is_said(tmp_path: Any):
    with pytest.raises(InputError, match=r"no column 'town'; .*\[no-column\]"):
        CODEC.encode(TABLE.drop_columns(["town"]), seed=0)
    (tmp_path / "d.csv").write_text("n,c\n" + "1,a\n2,b\n3,a\n" * 20)
    codec = TableCodec().fit(read_table(tmp_path / "d.csv"))
    (tmp_path / "e.csv").write_text("n,c\n1,a\n2,b\nmany,a\n")
    with pytest.raises(InputError, match=r"e.csv:4 column n: 'many' is no integer that fits; "):
        codec.encode(read_table(tmp_path / "e.csv"), seed=0)


def test_a_codec_that_saw_no_table_says_so():
    with pytest.raises(NotFittedError, match=r"call fit \[not-fitted\]"):
        _ = TableCodec().space
    with pytest.raises(InputError, match=r"rare must be at least 1 \[rare\]"):
        TableCodec(rare=0)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            {"a": []},
            "no rows: nothing can be learned; give at least two rows, better some hundreds ",
        ),
        (
            {"a": [1]},
            "1 row: nothing can be learned; give at least two rows, better some hundreds ",
        ),
        (
            {"a": [None, None]},
            r"no column can be learned \(a: every value is missing\); give more",
        ),
        ({"a": [3, 3]}, r"no column can be learned \(a: constant: repeated, not learned\); give"),
        (
            {"a": ["x", "y"] * 4},
            r"no column can be learned \(a: no category occurs 10 times: kept ",
        ),
        (
            {"a": [1, 2, 5, 7]},
            r"no column can be learned \(a: fewer than 10 rows to learn from: kept",
        ),
        (
            {"a": list(range(50))},
            r"no column can be learned \(a: recognised as an identifier: made",
        ),
    ],
)
def test_a_table_that_teaches_nothing_is_said(table: dict[str, Any], words: str):
    with pytest.raises(InputError, match=f"^{words}"):
        TableCodec().fit(pa.table(table))


def test_names_given_twice_are_said():
    with pytest.raises(InputError, match=r"2 columns are called 'a' .*\[duplicate-column\]"):
        TableCodec().fit(pa.table([[1, 2], [3, 4]], names=["a", "a"]))


def test_a_small_table_is_learned_without_protection_when_asked():
    table = pa.table({"a": ["x", "y", "x"], "b": [1, 5, 9]})
    codec = TableCodec(rare=1).fit(table)
    assert codec.decode(codec.encode(table, seed=0), seed=0).column("a").to_pylist() == [
        *("x", "y", "x")
    ]


def test_a_schema_overrides_what_is_found():
    table = pa.table({"a": [1, 2, 3, 2] * 30, "b": ["7", "8", "x", "9"] * 30, "c": ["u"] * 120})
    schema = Schema(
        columns=(
            Column(name="a", kind="category"),
            Column(name="b", kind="integer", missing=("x",)),
            Column(name="c", kind="text"),
        )
    )
    codec = TableCodec(schema).fit(table)
    rows = codec.decode(codec.encode(table, seed=0), seed=0)
    assert rows.column("a").equals(table.column("a"))
    assert rows.column("b").to_pylist() == [7, 8, None, 9] * 30
    assert rows.column_names == ["a", "b"]
    wrong = Schema(columns=(Column(name="a", kind="constant"),))
    with pytest.raises(
        InputError, match=r"column a: is no constant but has 3 values; .*\[misfit\]"
    ):
        TableCodec(wrong).fit(table)


def test_missing_values_of_a_frame_are_missing_in_the_end():
    frame = pd.DataFrame({"n": [1.0, None, 3.0] * 40, "c": ["a", None, "b"] * 40})
    table = read_table(frame)
    codec = TableCodec().fit(table)
    assert codec.decode(codec.encode(table, seed=0), seed=0).equals(table)


def test_five_thousand_columns_are_learned():
    rng = np.random.default_rng(0)
    columns = {
        f"c{i}": rng.integers(0, 3, 60) if i % 2 else np.round(rng.normal(size=60), 3)
        for i in range(5000)
    }
    codec = TableCodec().fit(pa.table(columns))
    assert codec.space.dimensions == 2500
    assert codec.space.positions == 2500
    rows = codec.decode(codec.encode(pa.table(columns), seed=0), seed=0)
    assert rows.column("c4999").to_pylist() == columns["c4999"].tolist()


def test_a_diverged_family_decodes_to_values_that_exist():
    wild = Batch(torch.full((4, BATCH.continuous.shape[1]), math.nan), BATCH.discrete[:4])
    wild.continuous[1:3] = torch.tensor([[math.inf], [-math.inf]])
    rows = CODEC.decode(wild, seed=0)
    known = [value for value in TABLE.column("income").to_pylist() if value is not None]
    shown = [value for value in rows.column("income").to_pylist() if value is not None]
    assert all(min(known) <= value <= max(known) for value in shown)


cells = {
    "category": st.sampled_from(["a", "b", "c", None]),
    "integer": st.integers(-50, 50),
    "decimal": st.none() | st.decimals(-999, 999, places=2).map(float),
    "date": st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)),
    "truth": st.booleans(),
}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_table_that_is_learned_comes_back_in_type_and_missing(data: st.DataObject):
    kinds = data.draw(st.lists(st.sampled_from(list(cells)), min_size=1, max_size=4))
    rows = data.draw(st.integers(2, 60))
    table = pa.table(
        {
            f"{kind}{place}": data.draw(st.lists(cells[kind], min_size=rows, max_size=rows))
            for place, kind in enumerate(kinds)
        }
    )
    try:
        codec = TableCodec(rare=data.draw(st.integers(1, 5))).fit(table)
    except InputError as fault:
        if fault.code != "no-columns":
            raise
        return
    batch = codec.encode(table, seed=0)
    back = codec.decode(batch, seed=1)
    assert torch.isfinite(codec.log_volume(batch)).all()
    for name in back.column_names:
        before, after = table.column(name), back.column(name)
        assert after.type == before.type
        if codec.schema[name].numeric:
            assert after.is_valid().equals(before.is_valid())
            low, high = (min, max)
            shown = [value for value in before.to_pylist() if value is not None]
            made = [value for value in after.to_pylist() if value is not None]
            assert not made or low(shown) <= low(made) <= high(made) <= high(shown)
