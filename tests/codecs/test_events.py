from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivefold.codecs.eventlog import events_of, read_event_log
from fivefold.codecs.events import Activities, EventCodec
from fivefold.codecs.eventtable import find_roles
from fivefold.codecs.reading import read_data
from fivefold.codecs.traces import Event, in_order, parse, spell
from fivefold.codecs.xes import read_xes, xes
from fivefold.errors import InputError

ZONE = timezone(timedelta(hours=2))
START = datetime(2012, 4, 1, 10, tzinfo=ZONE)
LOG = b"""<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0"><global scope="event"><string key="concept:name" value="__INVALID__"/></global>
<trace><string key="concept:name" value="case 1"/>
<event><string key="concept:name" value="A &amp; B"/><string key="org:resource" value="Ann"/>
<date key="time:timestamp" value="2012-04-01T10:00:00.250+02:00"/></event>
<event><string key="concept:name" value="decide | now"/>
<date key="time:timestamp" value="2012-04-02T13:20:05+02:00"><string key="concept:name" value="x"/></date></event>
<event><string key="org:resource" value="Ann"/></event>
</trace>
<trace><string key="concept:name" value="case 2"/></trace>
</log>"""

moments = st.datetimes()
names = st.text(st.characters(codec="utf-8"), min_size=1)


@given(st.lists(st.tuples(names, st.none() | moments)))
def test_a_case_is_read_from_its_line_as_it_was_to_the_second(pairs):
    case = [Event(name, time) for name, time in pairs]
    kept = [Event(name, time and time.replace(microsecond=0)) for name, time in pairs]
    assert parse(spell(case)) == kept
    assert "\n" not in spell(case)


@given(st.text())
def test_any_line_is_read_as_some_case_and_every_line_can_be_encoded(text):
    alphabet = Activities.fit(pa.chunked_array([["? go | +3h go | ? go"]]))
    assert alphabet.decode(alphabet.encode(text)) == text
    assert all(isinstance(event, Event) for event in parse(text))


def test_an_event_is_a_few_symbols():
    case = [Event("register request", START + timedelta(hours=3 * n)) for n in range(5)]
    alphabet = Activities.fit(pa.chunked_array([[spell(case)]]))
    assert " register request" in alphabet.words
    start = len(alphabet.encode(spell(case[:1])))
    assert len(alphabet.encode(spell(case))) == start + 4 * 3


def test_negative_and_absurd_gaps():
    case = [Event("a", START), Event("b", START - timedelta(seconds=30)), Event("c", None)]
    assert spell(case).endswith("-30s b | ? c")
    assert parse(spell(case)) == case
    assert parse("2012-04-01T10:00:00 a | +99999999999d b")[1].time is None
    assert parse("2012-04-01T10:00:00 a | +" + "9" * 5000 + "d b")[1].time is None


def test_events_are_put_in_order_and_those_without_time_stay_behind_their_own():
    late, early = Event("late", START), Event("early", START - timedelta(days=1))
    lost = Event("lost", None)
    assert in_order([late, lost, early]) == [early, late, lost]


def test_xes_is_read():
    cases, notices = read_xes(LOG, "a.xes")
    assert [[e.activity for e in case] for case in cases] == [["A & B", "decide | now"]]
    assert cases[0][1].time == datetime(2012, 4, 2, 13, 20, 5, tzinfo=ZONE)
    assert any("org:resource" in notice for notice in notices)
    assert any("1 traces without events" in notice for notice in notices)
    assert any("1 events without concept:name" in notice for notice in notices)


def test_transitions_are_part_of_the_name_where_they_differ():
    def event(cycle):
        return (
            f'<event><string key="concept:name" value="A"/>'
            f'<string key="lifecycle:transition" value="{cycle}"/></event>'
        )

    both = f"<log><trace>{event('start')}{event('complete')}</trace></log>"
    one = f"<log><trace>{event('complete')}{event('complete')}</trace></log>"
    assert [e.activity for e in read_xes(both.encode(), "a")[0][0]] == ["A+start", "A+complete"]
    assert [e.activity for e in read_xes(one.encode(), "a")[0][0]] == ["A", "A"]


BOMB = """<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<log><trace><event><string key="concept:name" value="&b;"/></event></trace></log>"""
OUTSIDE = """<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>"""
TIME = '<log><trace><event><date key="time:timestamp" value="soon"/></event></trace></log>'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "doctype"),
        (OUTSIDE, "doctype"),
        ("<log>" + "<a>" * 100, "too-deep"),
        ("<html/>", "not-xes"),
        ("<log><trace>", "damaged"),
        ("<log>&outside;</log>", "damaged"),
        ('<?xml version="1.0" encoding="no-such"?><log/>', "damaged"),
        ("<log/>", "empty"),
        (TIME, "time"),
    ],
)
def test_hostile_and_damaged_xml_is_refused(text, code):
    with pytest.raises(InputError) as caught:
        read_xes(text.encode(), "a.xes")
    assert caught.value.code == code


def test_xes_is_written_and_read_again():
    case = [Event('a "<&>" \n|\\', START), Event("b", START + timedelta(seconds=1))]
    cases, _ = read_xes(xes([case, [Event("c", None)]]).encode(), "a.xes")
    assert cases == [case, [Event("c", None)]]


def test_characters_that_xml_cannot_hold_are_replaced():
    cases, _ = read_xes(xes([[Event("a\x01b", None)]]).encode(), "a.xes")
    assert cases[0][0].activity == "a\ufffdb"


@pytest.mark.parametrize("name", ["out.xes", "out.xes.gz", "out.csv", "out.parquet"])
def test_what_a_codec_writes_is_read_again(tmp_path, name):
    cases = [[Event("a", START), Event("b | c", START + timedelta(days=3, seconds=7))]] * 3
    table = pa.table({"trace": [spell(case) for case in cases]})
    codec = EventCodec().fit(table)
    codec.write(codec.decode(codec.encode(table)[:3]), tmp_path / name)
    kind, again = read_data(str(tmp_path / name))
    assert kind == "events"
    assert again["trace"].to_pylist() == table["trace"].to_pylist()


def test_a_table_of_events_is_put_into_cases_in_the_order_of_time():
    table = pa.table(
        {
            "Case ID": ["x", "y", "x", "x"],
            "Activity": ["b", "a", "a", None],
            "Timestamp": ["02/01/2020 10:00", "01/01/2020 09:00", "31/12/2019 10:00", ""],
            "cost": [1, 2, 3, 4],
        }
    )
    table = table.set_column(
        2, "Timestamp", [["02/01/2020 10:00", "01/01/2020 09:00", "31/12/2019 10:00", None]]
    )
    found = events_of(table)
    assert found["trace"].to_pylist() == [
        "2019-12-31T10:00:00 a | +2d b",
        "2020-01-01T09:00:00 a",
    ]
    notices = EventCodec().fit(found).notices
    assert any("1 rows without" in notice for notice in notices)
    assert any("cost" in notice for notice in notices)


def test_columns_are_found_by_what_they_hold():
    table = pa.table(
        {
            "when": [f"2020-01-{1 + n % 28:02d} 10:00:00" for n in range(60)],
            "who": [f"v{n // 4}" for n in range(60)],
            "what": [("open", "look", "close")[n % 3] for n in range(60)],
        }
    )
    assert find_roles(table) == {"case": "who", "activity": "what", "time": "when"}


def test_columns_can_be_said_and_wrong_ones_are_named():
    table = pa.table({"p": ["1", "1"], "q": ["a", "b"]})
    assert find_roles(table, "case=p,activity=q") == {"case": "p", "activity": "q"}
    with pytest.raises(InputError, match="names no column"):
        find_roles(table, "case=r")
    with pytest.raises(InputError, match="holds the"):
        find_roles(pa.table({"a": [1.5, 2.5]}))


def test_times_that_fit_no_format_name_the_row():
    table = pa.table({"case": ["x", "x"], "activity": ["a", "b"], "time": ["2020-01-01", "soon"]})
    with pytest.raises(InputError, match="row 2 column time"):
        events_of(table)


def test_zones_are_kept_and_mixed_ones_are_taken_as_utc():
    table = pa.table(
        {
            "case": ["x", "x"],
            "activity": ["a", "b"],
            "time": pa.array([datetime(2020, 1, 1, tzinfo=UTC)] * 2, pa.timestamp("us", "UTC")),
        }
    )
    assert events_of(table)["trace"].to_pylist() == ["2020-01-01T00:00:00+00:00 a | +0s b"]
    table = table.set_column(2, "time", [["2020-01-01T00:00:00+02:00", "2020-01-01T00:00:00"]])
    assert events_of(table)["trace"].to_pylist() == ["2020-01-01T00:00:00+02:00 a | +2h b"]


def test_a_log_whose_events_have_no_names_is_refused():
    log = b'<?xml version="1.0"?><log><trace><event><string key="a" value="b"/></event></trace></log>'
    with pytest.raises(InputError, match="no event with a name"):
        read_event_log(log, "a.xes")
