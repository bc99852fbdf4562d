"""Dates in text are read and written as they came."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs.dates import DATES, TIMES, candidates, known, parse, render

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001
moments = st.lists(
    st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)),  # noqa: DTZ001
    min_size=1,
    max_size=5,
)


def micro(moment: dt.datetime) -> int:
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


@settings(deadline=None, max_examples=100)
@given(moments, st.sampled_from(DATES), st.sampled_from(("", *TIMES)))
def test_what_is_rendered_is_parsed_again(drawn: list[dt.datetime], date: str, time: str):
    form = f"{date} {time}" if time else date
    words = render(np.array([micro(moment) for moment in drawn]), form)
    found, good = parse(words, form)
    assert good.all()
    assert render(found, form).equals(words)
    assert all(form in candidates(word) for word in words.to_pylist())


@settings(deadline=None, max_examples=100)
@given(moments, st.sampled_from([form for form in DATES if "%-" not in form]))
def test_rendering_agrees_with_strftime(drawn: list[dt.datetime], form: str):
    form = f"{form} %H:%M:%S %p %I"
    words = render(np.array([micro(moment) for moment in drawn]), form)
    assert words.to_pylist() == [moment.strftime(form) for moment in drawn]


@pytest.mark.parametrize(
    ("word", "form", "iso"),
    [
        ("29/02/2024", "%d/%m/%Y", "2024-02-29T00:00:00"),
        ("1/5/2020 3:45:00 PM", "%-m/%-d/%Y %-I:%M:%S %p", "2020-01-05T15:45:00"),
        ("12:00 am", "%I:%M %p", "1970-01-01T00:00:00"),
        ("5 March 2020", "%-d %B %Y", "2020-03-05T00:00:00"),
        ("01-JAN-68", "%d-%b-%y", "2068-01-01T00:00:00"),
        ("01-Jan-69", "%d-%b-%y", "1969-01-01T00:00:00"),
        ("2020-01-05T10:00:00.123+02:00", "%Y-%m-%dT%H:%M:%S.%3f%z", "2020-01-05T08:00:00.123000"),
        ("2020-01-05 10:00:00-0330", "%Y-%m-%d %H:%M:%S%z", "2020-01-05T13:30:00"),
        ("23:59:59.999999", "%H:%M:%S.%6f", "1970-01-01T23:59:59.999999"),
    ],
)
def test_a_word_is_read_in_its_format(word: str, form: str, iso: str):
    assert form in candidates(word)
    found, good = parse(pa.array([word]), form)
    assert good.tolist() == [True]
    assert (EPOCH + dt.timedelta(microseconds=int(found[0]))).isoformat() == iso


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("2023-02-29", "%Y-%m-%d"),
        ("2023-13-01", "%Y-%m-%d"),
        ("2023-00-01", "%Y-%m-%d"),
        ("2023-01-00", "%Y-%m-%d"),
        ("0000-01-01", "%Y-%m-%d"),
        ("24:00", "%H:%M"),
        ("10:60", "%H:%M"),
        ("13:00 PM", "%I:%M %p"),
        ("00:00 PM", "%I:%M %p"),
        ("2023-01-01x", "%Y-%m-%d"),
        ("01-Abc-2020", "%d-%b-%Y"),
    ],
)
def test_what_no_calendar_or_clock_shows_is_not_good(word: str, form: str):
    found, good = parse(pa.array([word, None]), form)
    assert good.tolist() == [False, False]
    assert found.tolist() == [0, 0]


def test_words_that_are_no_dates_have_no_format():
    for word in ("", "abc", "12", "1.5", "hello world", "10-19", "2024", "x" * 50, "99999"):
        assert candidates(word) == []


def test_a_format_is_known_or_not():
    assert known("%d/%m/%Y")
    assert not known("%d/%m/%Q")
    assert not known("%d %d")
    assert not known("date")
    assert not known("100% %Y")
