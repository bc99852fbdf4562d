"""Text files as documents: where long ones are cut, what is a list, what is binary."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs import documents
from fivefold.codecs.documents import as_array, binary, is_list, paragraphs, plain, sections
from fivefold.errors import InputError


@settings(max_examples=40, deadline=None)
@given(
    text=st.text(st.sampled_from("ab \n猫🙂"), min_size=1, max_size=400),
    count=st.integers(1, 8),
)
def test_sections_join_to_the_text_and_cut_no_character(text, count):
    old, documents.SECTION = documents.SECTION, 8
    try:
        buffer = pa.py_buffer(text.encode())
        places = sections(buffer, count)
        found = as_array(buffer, places)
        found.validate(full=True)
        assert "".join(found.to_pylist()) == text
        assert np.all(np.diff(places) > 0)
    finally:
        documents.SECTION = old


def test_a_section_ends_behind_a_blank_line_where_there_is_one():
    text = ("word " * 300 + "\n" + "line\n" * 20 + "\n") * 20
    found = as_array(pa.py_buffer(text.encode()), sections(pa.py_buffer(text.encode()), 6))
    assert len(found) > 3
    assert all(section.endswith("\n\n") for section in found.to_pylist())


@pytest.mark.parametrize("encoding", [None, "utf-8"])
def test_a_character_across_two_pieces_is_whole(monkeypatch, encoding):
    monkeypatch.setattr(documents, "PIECE", 5)
    text = "a猫b🙂" * 20
    assert plain(text.encode(), "a.txt", encoding).to_pybytes().decode() == text
    broken = text.encode()[:31] + b"\xff" + b"a" * 9
    with pytest.raises(InputError, match=r"byte 3\d \(0x\w\w\) is no utf-8 character"):
        plain(broken, "a.txt", encoding)
    with pytest.raises(InputError, match=r"is no utf-8 character"):
        plain("猫".encode()[:2], "a.txt")
    with pytest.raises(InputError, match=r"a NUL at byte 9"):
        plain("猫猫猫\0".encode(), "a.txt", "utf-8")


def test_what_is_valid_is_not_copied():
    buffer = pa.py_buffer(b"plain text")
    assert plain(buffer, "a.txt").address == buffer.address
    marked = pa.py_buffer("\ufefftext".encode())
    assert plain(marked, "a.txt").address == marked.address + 3


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"plain\ttext\r\n", ""),
        (b"\x1b[31mred\x1b[0m", ""),
        ("猫".encode("utf-16"), ""),
        (b"a\0b", "a NUL at byte 1"),
        (b"\x01\x02ab", "50% control characters"),
        (b"", ""),
    ],
)
def test_binary_bytes_are_known(head, why):
    assert binary(head) == why


def test_a_list_has_no_blank_lines_and_no_width():
    assert is_list(b"".join(b"%d\n" % 7**k for k in range(60)))
    assert not is_list(b"name\n" * 20)
    assert not is_list((b"words " * 10 + b"end\n") * 100)


def test_paragraphs_keep_their_line_ends_inside():
    assert paragraphs("a\r\nb\r\n\r\nc") == ["a\r\nb", "c"]
    assert paragraphs("\n\n") == []
