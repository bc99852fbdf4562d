"""Which kind is found in which data; what is not sure is said."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fivefold.codecs.frames import from_memory
from fivefold.codecs.kinds import Column
from fivefold.codecs.recognise import digits_of, recognise
from fivefold.codecs.schema import Schema, infer
from fivefold.errors import InputError

RNG = np.random.default_rng(0)
N = 400
DAYS = [dt.date(2023, 1, 1) + dt.timedelta(int(x)) for x in RNG.integers(0, 800, N)]
STAMPS = [dt.datetime(2023, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=int(x)) for x in range(N)]


def letters(size: int, width: int, alphabet: str = "abcdefgh ") -> list[str]:
    return ["".join(RNG.choice(list(alphabet), width)) for _ in range(size)]


FOUND: dict[str, tuple[Any, dict[str, Any]]] = {
    "category": (["x", "y"] * 200, {"kind": "category"}),
    "zip codes": ([f"{i % 40:05d}" for i in range(N)], {"kind": "category"}),
    "words of sex": (["f", "m"] * 200, {"kind": "category"}),
    "yes and no": (["Yes", "No"] * 200, {"kind": "boolean", "order": ("No", "Yes")}),
    "T and F": (["T", "F"] * 200, {"kind": "boolean", "order": ("F", "T")}),
    "0 and 1": ([0, 1] * 200, {"kind": "boolean"}),
    "0.0, 1.0, missing": ([0.0, 1.0, None, 1.0] * 100, {"kind": "boolean"}),
    "truths": ([True, False] * 200, {"kind": "boolean", "dtype": "bool"}),
    "sizes": (["S", "XL", "M", "L"] * 100, {"kind": "ordered", "order": ("S", "M", "L", "XL")}),
    "integers": (RNG.integers(0, 90, N).tolist(), {"kind": "integer"}),
    "whole floats": (RNG.integers(0, 90, N).astype(float), {"kind": "integer", "dtype": "double"}),
    "measure, all distinct": (RNG.permutation(10**6)[:N].tolist(), {"kind": "integer"}),
    "prices": (np.round(RNG.random(N) * 100, 2), {"kind": "decimal", "digits": 2}),
    "reals": (RNG.normal(size=N), {"kind": "decimal", "digits": 14}),
    "sums with noise": ([0.1 + 0.2, 1.1 + 2.2, 0.5] * 100, {"kind": "decimal", "digits": 1}),
    "rows counted": (list(range(1, N + 1)), {"kind": "identifier", "pattern": "sequence"}),
    "years in order": (list(range(1900, 2020)), {"kind": "integer"}),
    "uuid": ([str(uuid.UUID(int=i)) for i in range(N)], {"kind": "identifier", "pattern": "uuid"}),
    "codes": ([f"C-{i:05d}" for i in range(N)], {"kind": "identifier", "pattern": "sequence"}),
    "shapes": (
        [f"{i:04d}-{w}" for i, w in enumerate(letters(N, 4, "ABCDEFGH"))],
        {"kind": "identifier", "pattern": "shape"},
    ),
    "remarks": (letters(N, 12), {"kind": "text"}),
    "long texts": ([letters(1, 80)[0] for _ in range(80)] * 5, {"kind": "text"}),
    "one value": (["x"] * N, {"kind": "constant"}),
    "nothing": ([None] * N, {"kind": "constant", "note": "every value is missing"}),
    "lists": ([[1]] * N, {"kind": "text"}),
    "hashes": ([2**62 + i for i in range(N)], {"kind": "text"}),
    "days": (DAYS, {"kind": "date", "unit": "D", "dtype": "date32[day]"}),
    "iso days": ([d.isoformat() for d in DAYS], {"kind": "date", "format": "%Y-%m-%d"}),
    "American days": (
        [d.strftime("%m/%d/%Y") for d in DAYS],
        {"kind": "date", "format": "%m/%d/%Y", "note": ""},
    ),
    "European days": (
        [d.strftime("%d/%m/%Y") for d in DAYS],
        {"kind": "date", "format": "%d/%m/%Y", "note": ""},
    ),
    "compact days": (
        [int(d.strftime("%Y%m%d")) for d in DAYS],
        {"kind": "date", "dtype": "int64"},
    ),
    "stamps": (
        pa.array(STAMPS, pa.timestamp("us", "Europe/Berlin")),
        {"kind": "datetime", "unit": "s", "zone": "Europe/Berlin"},
    ),
    "stamps by the hour": (
        pa.array([dt.datetime(2023, 1, 1, i % 24) for i in range(N)]),  # noqa: DTZ001
        {"kind": "datetime", "unit": "h", "zone": None},
    ),
    "iso stamps": (
        [s.strftime("%Y-%m-%dT%H:%M:%SZ") for s in STAMPS],
        {"kind": "datetime", "unit": "s", "format": "%Y-%m-%dT%H:%M:%SZ"},
    ),
    "clock": ([s.strftime("%H:%M") for s in STAMPS], {"kind": "time", "unit": "m"}),
    "times": ([s.time() for s in STAMPS], {"kind": "time", "unit": "s", "dtype": "time64[us]"}),
    "durations": (pa.array([1, 2, 5, 9] * 100, pa.duration("s")), {"kind": "integer"}),
}


@pytest.mark.parametrize("case", FOUND)
def test_the_kind_is_found(case: str):
    values, expected = FOUND[case]
    table = from_memory({"x": values})
    found = recognise("x", table.column("x"))
    assert {key: getattr(found, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("customer_id", "identifier"), ("ID", "identifier"), ("userId", "identifier")),
        *(("price", "integer"), ("paid", "integer"), ("grid", "integer"), ("weight", "integer")),
    ],
)
def test_scattered_integers_are_an_identifier_only_by_name(name: str, kind: str):
    values = pa.chunked_array([RNG.permutation(10**6)[:N]])
    assert recognise(name, values).kind == kind


def test_an_ordered_categorical_of_pandas_keeps_its_order():
    pd = pytest.importorskip("pandas")
    values = pd.Categorical(["b", "a", "c"] * 20, categories=["c", "b", "a"], ordered=True)
    (column,) = infer(from_memory(pd.DataFrame({"x": values}))).columns
    assert (column.kind, column.order) == ("ordered", ("c", "b", "a"))


def test_day_or_month_first_is_never_guessed_silently():
    column = recognise("x", pa.chunked_array([["03/04/2024", "05/06/2024"] * 20]))
    assert column.format == "%m/%d/%Y"
    assert column.note == (
        "03/04/2024 may be month first or day first: read as %m/%d/%Y; "
        "give the format %d/%m/%Y in the schema if that is wrong"
    )


def test_several_zones_are_said():
    words = ["2024-01-01T10:00:00+01:00", "2024-07-01T10:00:00+02:00"]
    column = recognise("x", pa.chunked_array([words]))
    assert column.format == "%Y-%m-%dT%H:%M:%S%z"
    assert column.note == "several zones: kept as moments in UTC, written with +00:00"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            [str(i) for i in range(100)] + ["abc"],
            (
                "row 101 column x: 'abc' is none of the numbers, as 99.0% of the values are; correct it, "
                'leave the cell empty, or give the column a kind or "missing" words in the schema '
                "[mixed-types]"
            ),
        ),
        (
            [day.isoformat() for day in DAYS] + ["2023-02-30"],
            (
                "row 401 column x: '2023-02-30' is none of the dates written %Y-%m-%d, as 99.8% of the "
                'values are; correct it, leave the cell empty, or give the column a kind or "missing" '
                "words in the schema [mixed-types]"
            ),
        ),
    ],
    ids=["word among numbers", "no day of the calendar"],
)
def test_a_mistake_among_many_is_named_with_its_row(values: list[str], words: str):
    with pytest.raises(InputError) as caught:
        recognise("x", pa.chunked_array([values]))
    assert str(caught.value) == words


def test_codes_with_letters_among_numbers_are_no_mistake():
    values = [str(10000 + i) for i in range(N)] + [f"C{i}" for i in range(40)]
    assert recognise("x", pa.chunked_array([values * 3])).kind == "category"


@pytest.mark.parametrize("make", [lambda d: pa.array([d] * 3, pa.date32())])
def test_a_date_beyond_the_calendar_is_said(make: Callable[[int], pa.Array]):
    with pytest.raises(InputError, match=r"column x: a date lies outside .* \[date-range\]"):
        recognise("x", pa.chunked_array([make(4_000_000)]))


@pytest.mark.parametrize(
    ("given", "values", "expected"),
    [
        ({"kind": "category"}, [1, 2, 3] * 9, {"dtype": "int64"}),
        ({"kind": "ordered"}, ["low", "high", "medium"] * 9, {"order": ("low", "medium", "high")}),
        ({"kind": "ordered"}, [10, 9, 8] * 9, {"order": ("8", "9", "10")}),
        ({"kind": "decimal"}, [1.25, 2.5] * 9, {"digits": 2}),
        ({"kind": "date"}, ["03/04/2024"] * 9, {"format": "%m/%d/%Y", "unit": "D"}),
        ({"kind": "date", "format": "%d/%m/%Y"}, ["03/04/2024"] * 9, {"format": "%d/%m/%Y"}),
        ({"kind": "integer", "missing": ("-",)}, ["1", "-", "2"] * 9, {"dtype": "int64"}),
        ({"kind": "datetime"}, STAMPS, {"unit": "s", "zone": "UTC"}),
    ],
)
def test_what_a_user_leaves_open_is_filled(given: Any, values: Any, expected: dict[str, Any]):
    schema = Schema(columns=(Column(name="x", **given),))
    (found,) = infer(from_memory({"x": values}), schema).columns
    assert {key: getattr(found, key) for key in expected} == expected
    assert found.kind == given["kind"]


def test_a_format_that_cannot_be_is_said():
    table = pa.table({"x": ["a", "b"]})
    for given, words in (
        (Column(name="x", kind="date"), "no format for this date"),
        (Column(name="x", kind="date", format="%Q"), "'%Q' is no format"),
    ):
        with pytest.raises(InputError, match=rf"column x: {words}; .*\[date-format\]"):
            infer(table, Schema(columns=(given,)))


@pytest.mark.parametrize(
    ("values", "digits"),
    [([1.0, 2.0], 0), ([0.125], 3), ([1e-7], 7), ([1e20, 3e20], -6), ([0.1, 1e-13], 13)],
)
def test_the_digits_of_decimals_are_counted(values: list[float], digits: int):
    assert digits_of(np.array(values), pa.float64()) == digits
