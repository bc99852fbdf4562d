"""FASTA: sequences of letters under headers, read and written.

A record is a line that begins with `>` and the lines of its sequence. Letters are amino acids with the ambiguous ones
(B Z X J), the rare ones (U O) and `*` for a stop; small letters, which only mark regions, become capitals, and gaps
(`-`, `.`) of an alignment are left out. Names are not kept: they are what a model must not make up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fivefold.codecs.delimited import as_utf8
from fivefold.codecs.places import noted, place, remember
from fivefold.errors import InputError

ENDINGS = (".fasta", ".fa", ".faa", ".fas", ".fst")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
STRANGE = re.compile(r"[^A-Za-z*]")
LINE = 60


def read_fasta(data: bytes, where: str, encoding: str | None = None) -> pa.Table:
    r"""The sequences of a FASTA file.

    Arguments:
        data: the bytes of the file, unpacked.
        where: its name.
        encoding: how its characters are written; None for UTF-8.

    Returns:
        A table of one column `protein`; its memory says what was done to them.

    Raises:
        InputError: names the line and the record in which something else stands.

    Example:
        >>> read_fasta(b">one\nMKV\nla*\n>two\nGG\n", "two.fasta").column("protein").to_pylist()
        ['MKVLA*', 'GG']
    """
    text = as_utf8(data, encoding, where).decode()
    start = re.search(r"^>", text, re.MULTILINE)
    before = text[: start.start()] if start else text
    for number, line in enumerate(before.splitlines(), 1):
        if line.strip() and not line.startswith(";"):
            raise InputError(
                f"{line.strip()[:30]!r} stands before any header",
                where=f"{where}:{number}",
                hint="a record of FASTA begins with a line such as '>name'",
                code="no-header",
            )
    if start is None:
        raise InputError("has no records", where=where, code="empty")
    return _records(text[start.start() :], before.count("\n"), where)


def _records(text: str, line: int, where: str) -> pa.Table:
    """The sequences of records that begin after `line` lines."""
    found: list[str] = []
    empty = small = gapped = 0
    for record in re.split(r"^>", text, flags=re.MULTILINE)[1:]:
        header, _, body = record.partition("\n")
        whole = "".join(body.split())
        plain = whole.translate({ord("-"): None, ord("."): None})
        gapped += len(plain) < len(whole)
        if STRANGE.search(plain):
            raise _strange(header, body, line, where)
        capital = plain.upper()
        small += capital != plain
        if capital:
            found.append(capital)
        else:
            empty += 1
        line += record.count("\n")
    if not found:
        raise InputError("no record has a sequence", where=where, code="empty")
    notices = [
        f"{where}: {count:,} {what}"
        for count, what in (
            (empty, "records without a sequence were left out"),
            (small, "sequences with small letters were put in capitals"),
            (gapped, "sequences lost the gaps (- and .) of an alignment"),
        )
        if count
    ]
    table = pa.table({"protein": pa.array(found, pa.string())})
    return noted(remember(table, where, lined=False), notices)


def proteins_of(table: pa.Table, column: str) -> pa.Table:
    """The sequences in a column of a table.

    Arguments:
        table: any table.
        column: the one that holds them, as in `read_fasta`.

    Raises:
        InputError: names the row in which something else stands.

    Example:
        >>> proteins_of(pa.table({"seq": ["mkv", None]}), "seq").to_pydict()
        {'protein': ['MKV']}
    """
    memory = table.schema.metadata
    words = pc.fill_null(table.column(column), "")
    bare = pc.replace_substring_regex(words, r"[\s.\-]", "")
    strange = np.flatnonzero(np.asarray(pc.match_substring_regex(bare, "[^A-Za-z*]")))
    if len(strange):
        row = int(strange[0])
        raise InputError(
            f"{words[row].as_py()[:40]!r} is no protein",
            where=place(memory, row, column),
            hint="letters A to Z and * are read",
            code="not-a-protein",
        )
    found = pc.utf8_upper(bare)
    kept = pa.table({"protein": found.filter(pc.not_equal(found, ""))}, metadata=memory)
    counted = (
        (len(table) - len(kept), "rows without a sequence were left out"),
        (pc.sum(pc.not_equal(found, words)).as_py(), "sequences lost gaps or small letters"),
    )
    return noted(kept, [f"{count:,} {what}" for count, what in counted if count])


def _strange(header: str, body: str, line: int, where: str) -> InputError:
    """What to say of a record that holds something else."""
    numbered = (
        (number, STRANGE.search("".join(part.split()).replace("-", "").replace(".", "")))
        for number, part in enumerate(body.split("\n"), line + 2)
    )
    number, strange = next((n, found[0]) for n, found in numbered if found)
    return InputError(
        f"record {header.strip()[:40]!r} holds {strange!r}, no amino acid",
        where=f"{where}:{number}",
        hint="letters A to Z and * are read",
        code="not-a-protein",
    )


def fasta(sequences: Iterable[str]) -> str:
    r"""Sequences as the text of a FASTA file, under numbered names.

    Example:
        >>> fasta(["MKV"])
        '>synthetic_1\nMKV\n'
    """
    lines: list[str] = []
    for number, sequence in enumerate(sequences, 1):
        lines.append(f">synthetic_{number}")
        lines += [sequence[at : at + LINE] for at in range(0, len(sequence), LINE)] or [""]
    return "\n".join(lines) + "\n"
