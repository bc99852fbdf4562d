"""The columns of a series are found, and a table is taken for one only when it surely is."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pytest

from fivefold.codecs import read_data
from fivefold.codecs.series import SeriesCodec
from fivefold.codecs.timelines.roles import find_roles
from fivefold.codecs.timelines.signs import kind_of_series
from fivefold.codecs.track import TrackCodec
from fivefold.errors import InputError
from fivefold.intake import Reading

DRAW = np.random.default_rng(0)
HOURS = [dt.datetime.fromisoformat("2023-03-01") + dt.timedelta(hours=n) for n in range(200)]


def hourly(sites=("a", "b"), **extra):
    rows = [(site, hour) for hour in HOURS for site in sites]
    size = len(rows)
    table = {
        "site": [site for site, _ in rows],
        "time": [hour for _, hour in rows],
        "level": DRAW.normal(size=size).round(2),
        "count": DRAW.integers(0, 99, size),
    }
    return pa.table(table | extra)


def sales(rows=400):
    """Transactions with a date: no series."""
    days = [dt.date(2023, 1, 1) + dt.timedelta(int(n)) for n in DRAW.integers(0, 300, rows)]
    return pa.table(
        {
            "date": days,
            "account": [f"A{n}" for n in DRAW.integers(0, 9, rows)],
            "amount": DRAW.gamma(2, 30, rows).round(2),
            "quantity": DRAW.integers(1, 9, rows),
        }
    )


def people():
    born = [dt.date(1950, 1, 1) + dt.timedelta(int(n)) for n in DRAW.integers(0, 20_000, 300)]
    return pa.table(
        {"name": [f"p{n}" for n in range(300)], "born": born, "pay": DRAW.integers(0, 9, 300)}
    )


def log():
    size = 300
    return pa.table(
        {
            "case": [f"c{n // 6}" for n in range(size)],
            "activity": DRAW.choice(["a", "b", "c"], size),
            "timestamp": HOURS[:150] + HOURS[:150],
            "cost": DRAW.integers(0, 9, size),
        }
    )


def ships(step=60):
    """Two tracks, one over the line where longitude jumps."""
    n = np.arange(100)
    lon = np.r_[179 + n / 40, 10 + n / 50]
    return pa.table(
        {
            "mmsi": [111] * 100 + [222] * 100,
            "when": pa.array(np.r_[n, n] * step, pa.timestamp("s")),
            "lat": np.r_[n / 10, 50 - n / 10],
            "lon": (lon + 180) % 360 - 180,
            "speed": DRAW.normal(12, 1, 200).round(1),
        }
    )


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        (hourly(), "series"),
        (hourly(sites=("a",)), "series"),
        (hourly(latitude=[50.5, 51.5] * 200, longitude=[8.25, 9.5] * 200), "series"),
        (ships(), "track"),
        (ships().drop_columns(["mmsi", "when"]), None),
        (ships().drop_columns(["when"]), None),
        (sales(), None),
        (people(), None),
        (log(), None),
        (hourly().slice(0, 40), None),
        (hourly().select(["site", "time"]), None),
        (
            hourly(a=["x"] * 400, b=["y", "z"] * 200, c=["u"] * 400).select(["time", "a", "b"]),
            None,
        ),
    ],
)
def test_what_is_a_series(table, kind):
    assert kind_of_series(table) == kind
    found = read_data(table)[0]
    assert found == (kind or ("events" if "activity" in table.column_names else "table"))


def test_the_bundled_table_is_none():
    assert read_data("adult")[0] == "table"


def test_the_kind_and_the_columns_can_be_said(tmp_path):
    file = tmp_path / "a.csv"
    size = 150
    lines = [f"{i},{i % 7},{i % 5},{(i * 7) % 11}" for i in range(size)]
    file.write_text("\n".join(["tick,a,b,c", *lines]))
    assert read_data(file)[0] == "table"
    codec, table = Reading(kind="series", column="time=tick,values=a|c", length=16).open(file)
    codec = codec.fit(table)
    assert [column.name for column in codec.design.columns] == ["a", "c"]
    assert codec.space.extent == (16,)
    assert read_data(file, column="values=b,time=tick")[0] == "series"
    assert read_data(hourly(), kind="table")[0] == "table"
    with pytest.raises(InputError, match="no column 'd'"):
        read_data(file, kind="series", column="time=tick,values=a|d")
    with pytest.raises(InputError, match="says no role"):
        read_data(file, kind="series", column="a,b")
    assert isinstance(Reading(kind="track").open(ships())[0], TrackCodec)


def test_columns_that_hold_no_variable_are_named():
    size = 400
    table = hourly(
        hour=[hour.hour for hour in HOURS for _ in "ab"],
        row_id=list(range(size)),
        remark=[f"all is well {n}" for n in range(size)],
        ready=[n % 3 == 0 for n in range(size)],
        sort=["x", "y"] * (size // 2),
    )
    roles = find_roles(table)
    assert [column.name for column in roles.values] == ["level", "count", "ready"]
    assert set(roles.left) == {"hour", "row_id", "remark", "sort"}
    codec = SeriesCodec(roles="values=hour|level").fit(table)
    assert [column.name for column in codec.design.columns] == ["hour", "level"]


def test_the_entity_is_the_column_that_makes_times_unique():
    table = hourly(mood=["glad", "sad"] * 200)
    assert find_roles(table).entity == "site"
    plain = table.rename_columns(["place", *table.column_names[1:]])
    assert find_roles(plain).entity in ("place", "mood")
    assert find_roles(hourly(sites=("a",))).entity is None


def test_two_columns_of_times():
    later = [hour + dt.timedelta(minutes=5) for hour in HOURS for _ in "ab"]
    roles = find_roles(hourly(received_at=later))
    assert roles.clock.column.name == "time"
    assert "received_at" in roles.notices[0]
    doubtful = hourly(received=later).rename_columns(
        ["site", "sent", "level", "count", "received"]
    )
    with pytest.raises(
        InputError, match=r"2 columns hold times: 'sent', 'received'.*--column time"
    ) as fault:
        SeriesCodec().fit(doubtful)
    assert fault.value.code == "two-times"
    assert (
        SeriesCodec(length=16, roles="time=sent,entity=site").fit(doubtful).design.entity == "site"
    )


def fit(table, **options):
    return SeriesCodec(length=16, **options).fit(table)


def test_unsorted_rows_make_the_same_series():
    table = hourly(sites=("a",))
    mixed = table.take(pa.array(DRAW.permutation(200)))
    codec = fit(mixed)
    assert codec.encode(mixed, seed=0).digest() == fit(table).encode(table, seed=0).digest()
    assert any("sorted by time" in notice for notice in codec.notices)


def test_times_that_come_twice():
    table = hourly(sites=("a",))
    with pytest.raises(InputError, match="no column tells the rows of one time apart") as fault:
        fit(pa.concat_tables([table, hourly(sites=("a",))]))
    assert fault.value.code == "duplicate-times"
    codec = fit(pa.concat_tables([table, table.slice(0, 1)]))
    assert any("came twice were left out" in notice for notice in codec.notices)


def test_gaps_are_marked_or_cut():
    table = hourly(sites=("a",))
    keep = np.r_[0:50, 52:90, 130:200]
    codec = fit(table.take(pa.array(keep)))
    assert codec.channels[-1] == "row missing"
    cut = codec.encode(table.take(pa.array(keep)), seed=0)
    assert len(cut) < len(codec.encode(table, seed=0))


def test_zones_that_differ_are_one_clock():
    zones = ["+01:00", "+02:00"]
    words = [
        (hour + dt.timedelta(hours=1 + n // 100)).isoformat() + zones[n // 100]
        for n, hour in enumerate(HOURS)
    ]
    table = pa.table({"time": words, "x": DRAW.normal(size=200)})
    codec = fit(table)
    assert codec.describe()["step"] == "1 h"
    assert codec.channels == ["x"]
    assert any("several zones" in notice for notice in codec.notices)


def test_the_autumn_hour_that_comes_twice_on_the_clock():
    moments = pa.array(np.arange(400) * 3_600 + 1_698_000_000, pa.timestamp("s", "Europe/Berlin"))
    codec = fit(pa.table({"time": moments, "x": DRAW.normal(size=400)}))
    assert codec.channels == ["x"]


def test_clocks_without_a_zone_in_autumn_and_spring():
    """One hour comes twice and one never: the first is kept, the other is missing."""
    import pyarrow.compute as pc

    moments = pa.array(
        np.arange(9_000) * 3_600 + 1_690_000_000, pa.timestamp("s", "Europe/Berlin")
    )
    table = pa.table({"time": pc.local_timestamp(moments), "x": DRAW.normal(size=9_000)})
    codec = fit(table)
    assert codec.describe()["step"] == "1 h"
    assert any("1 times came more than once" in notice for notice in codec.notices)
    assert any("1 rows lack and are filled" in notice for notice in codec.notices)


def test_constant_columns_come_back_and_are_no_channels():
    codec = fit(hourly(height=[3] * 400, unit=["m"] * 400))
    made = codec.decode(codec.encode(hourly(), seed=0)[:1], seed=0)
    assert set(made["height"].to_pylist()) == {3}
    assert set(made["unit"].to_pylist()) == {"m"}
    with pytest.raises(InputError, match="numbers that change"):
        fit(hourly(height=[3] * 400).select(["site", "time", "height"]))


def test_a_word_among_numbers_is_named_with_its_row(tmp_path):
    file = tmp_path / "a.csv"
    lines = [f"{hour.isoformat()},{n / 7:.3f}" for n, hour in enumerate(HOURS)]
    lines[41] = lines[41].split(",")[0] + ",nil"
    file.write_text("\n".join(["time,level", *lines]))
    with pytest.raises(InputError, match=r"a.csv:43 column level.*'nil'"):
        fit(read_data(file, kind="series")[1])


def test_a_word_among_times_is_named_with_its_row(tmp_path):
    file = tmp_path / "a.csv"
    lines = [f"{hour.isoformat()},{n / 7:.3f}" for n, hour in enumerate(HOURS)]
    lines[41] = "2023-13-45T00:00:00,5"
    file.write_text("\n".join(["time,level", *lines]))
    with pytest.raises(InputError, match=r"a.csv:43 column time.*'2023-13-45"):
        fit(read_data(file, kind="series")[1])


def test_fewer_rows_than_a_window():
    table = hourly(sites=("a",)).slice(0, 12)
    with pytest.raises(InputError, match="12 steps, fewer than a window of 16") as fault:
        fit(table)
    assert fault.value.code == "too-short"
    assert SeriesCodec().fit(table).design.length == 8
    with pytest.raises(InputError, match="fewer than a window of 8"):
        SeriesCodec().fit(table.slice(0, 5))
    with pytest.raises(InputError, match="two rows"):
        fit(table.slice(0, 1))


def test_unknown_and_infinite_numbers():
    level = DRAW.normal(size=400)
    level[[7, 8]] = np.nan
    codec = fit(hourly(height=level))
    assert "height missing" in codec.channels
    level[7] = np.inf
    with pytest.raises(InputError, match="row 8 column height: is infinite"):
        fit(hourly(height=level))


def test_entities_of_one_row_each_are_no_series():
    size = 300_000
    table = pa.table(
        {
            "id": [f"e{n}" for n in range(size)],
            "time": pa.array(DRAW.integers(0, 10**9, size), pa.timestamp("s")),
            "x": DRAW.normal(size=size),
        }
    )
    begun = time.process_time()
    assert kind_of_series(table) is None
    with pytest.raises(InputError, match=r"about one row each|two different times") as fault:
        fit(table, roles="time=time,entity=id")
    assert fault.value.code == "no-series"
    assert time.process_time() - begun < 20


def test_times_out_of_range_are_refused():
    far = pa.array([n * 86_400 + 10**12 for n in range(200)], pa.timestamp("s"))
    with pytest.raises(InputError, match="outside the years 1 to 9999"):
        fit(pa.table({"time": far, "x": DRAW.normal(size=200)}))


def test_huge_pauses_take_no_memory():
    times = pa.array([n + 10**9 * (n // 40) for n in range(400)], pa.timestamp("s"))
    codec = fit(pa.table({"time": times, "x": DRAW.normal(size=400)}))
    assert len(codec.encode(pa.table({"time": times, "x": DRAW.normal(size=400)}), seed=0)) < 400


def test_rows_without_a_time_are_left_out():
    hours = [None if n == 5 else hour for n, hour in enumerate(HOURS)]
    codec = fit(pa.table({"time": hours, "x": DRAW.normal(size=200)}))
    assert any("1 rows without a time" in notice for notice in codec.notices)


def test_a_variable_without_a_value_is_refused():
    hours = [None if n > 99 else hour for n, hour in enumerate(HOURS)]
    depth = [None if n < 100 else n / 7 for n in range(200)]
    with pytest.raises(InputError, match="column depth: has no value"):
        fit(pa.table({"time": hours, "x": DRAW.normal(size=200), "depth": depth}))


def test_finding_the_kind_needs_no_torch():
    script = (
        "import sys, json, numpy as np; from fivefold.codecs.reading import read_data; "
        "t = {'time': [f'2024-01-{d:02d}T{h:02d}:00' for d in range(1, 9) for h in range(24)], "
        "'x': np.arange(192) % 7 / 2}; print(json.dumps([read_data(t)[0], 'torch' in sys.modules]))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert json.loads(found.stdout) == ["series", False]
