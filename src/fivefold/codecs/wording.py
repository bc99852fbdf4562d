"""What words mean: truths, dates, scales, identifiers, free text or categories."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fivefold.codecs.dates import candidates, parse
from fivefold.codecs.kinds import Column, Unit
from fivefold.codecs.lattice import Ints, unit_of
from fivefold.codecs.numerals import NUMBER, matches
from fivefold.codecs.places import place
from fivefold.codecs.scales import PAIRS, scale_of
from fivefold.errors import InputError

DISTINCT = 0.98
"""The share of distinct values from which a column may be an identifier."""
TEXT_SHARE = 0.5
"""The share of distinct values from which words are free text."""
TEXT_LENGTH = 50
"""The mean number of characters from which words are free text, if a tenth of them are distinct."""
MIXED = 0.9
"""The share of numbers (or dates) from which the other words of a column are taken for mistakes."""
ANEW = "recognised as an identifier: made anew, never learned"
FEW = 20
"""Up to so many distinct words a column of numbers and words is a category, not a mistake."""

UUID = r"^(?i)[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$"
RUNNING = r"^(?P<head>[^0-9]*)(?P<number>[0-9]{1,18})(?P<tail>[^0-9]*)$"


def recognise_words(name: str, array: pa.Array, memory: dict[Any, Any] | None) -> Column:
    """Find the kind of a column of words.

    Arguments:
        name: its name.
        array: words with nulls, with shape (n,).
        memory: the metadata of the table, for error messages.

    Returns:
        The description, complete.
    """
    counted = pc.value_counts(array.drop_null())
    words, counts = counted.field("values"), np.asarray(counted.field("counts"))
    size = int(counts.sum())
    if pair := _pair(words):
        return Column(name=name, kind="boolean", dtype="string", order=pair)
    if dated := _dated(name, array, words, counts, memory):
        return dated
    if order := scale_of(words.slice(0, 200).to_pylist()) if len(words) <= 100 else None:
        note = f"taken for a scale: {' < '.join(order)}"
        return Column(name=name, kind="ordered", dtype="string", order=order, note=note)
    _refuse_mixed(name, array, words, counts, memory)
    unlike = len(words) >= max(DISTINCT * size, min(size, 50)) and size >= 10
    if unlike and not array.null_count and (pattern := word_pattern(words)):
        return Column(name=name, kind="identifier", dtype="string", pattern=pattern, note=ANEW)
    length = float(np.average(np.asarray(pc.utf8_length(words)), weights=counts))
    many = len(words) > TEXT_SHARE * size and len(words) > 2
    if many or (length > TEXT_LENGTH and len(words) > 0.1 * size):
        note = f"free text ({len(words):,} different values in {size:,} rows): kept out"
        return Column(name=name, kind="text", dtype="string", note=note)
    return Column(name=name, kind="category", dtype="string")


def _pair(words: pa.Array) -> tuple[str, ...] | None:
    """The two words of a boolean, the false one first."""
    if len(words) != 2:
        return None
    spelled = words.to_pylist()
    for no, yes in PAIRS:
        if {word.lower() for word in spelled} == {no, yes}:
            return tuple(sorted(spelled, key=lambda word: str(word).lower() != no))
    return None


def formats_of(words: pa.Array) -> list[str]:
    """The formats in which the first words are dates, those that fit most words first."""
    forms: dict[str, None] = {}
    for word in words.slice(0, 5).to_pylist():
        forms |= dict.fromkeys(candidates(word))
    sample = words.slice(0, 1000)
    fits = {form: int(parse(sample, form)[1].sum()) for form in forms}
    return sorted((form for form in forms if fits[form]), key=lambda form: -fits[form])


def sort_of(form: str) -> Literal["date", "datetime", "time"]:
    """What a format writes."""
    dated, timed = "%Y" in form or "%y" in form, "%M" in form
    return "datetime" if dated and timed else "date" if dated else "time"


def _dated(
    name: str, array: pa.Array, words: pa.Array, counts: Any, memory: dict[Any, Any] | None
) -> Column | None:
    """The column as dates or times, if its words are."""
    forms = formats_of(words)
    best, share = "", 0.0
    for form in forms:
        micro, good = parse(words, form)
        if (fits := float(counts[good].sum() / counts.sum())) > share:
            best, share, bad = form, fits, ~good
        if share == 1:
            return _date_column(name, words, micro, best, swapped=_swap(best) in forms)
    if share >= MIXED and len(words) > FEW:
        stray = words.filter(pa.array(bad))[0].as_py()
        raise _mixed(name, array, stray, f"{sort_of(best)}s written {best}", share, memory)
    return None


def _date_column(name: str, words: pa.Array, micro: Ints, form: str, *, swapped: bool) -> Column:
    """The column of dates, with a note where day and month may be meant the other way."""
    note, other = "", _swap(form)
    if swapped and other != form and parse(words, other)[1].all():
        note = (
            f"{words[0].as_py()} may be month first or day first: read as {form}; "
            f"give the format {other} in the schema if that is wrong"
        )
    if "%z" in form:
        parts = pc.extract_regex(words, r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})$")
        zones = pc.unique(pc.struct_field(parts, "z")).to_pylist()
        if len(zones) == 1:
            form = form.replace("%z", zones[0])
            micro = parse(words, form)[0]
        else:
            note = "several zones: kept as moments in UTC, written with +00:00"
    kind = sort_of(form)
    unit: Unit = "D" if kind == "date" else unit_of(micro, 1000)
    return Column(name=name, kind=kind, dtype="string", format=form, unit=unit, note=note)


def _swap(form: str) -> str:
    """The format with day and month exchanged."""
    swapped = form.replace("%m", "\0").replace("%d", "%m").replace("\0", "%d")
    return swapped.replace("%-m", "\0").replace("%-d", "%-m").replace("\0", "%-d")


def word_pattern(words: pa.Array) -> Any:
    """How an identifier is written: `uuid`, `sequence` (one number, fixed words around it) or `shape`.

    Arguments:
        words: distinct words, with shape (n,).

    Returns:
        The name of the pattern, or None where the words look like no identifier.

    Example:
        >>> word_pattern(pa.array(["C-0017", "C-0042"]))
        'sequence'
    """
    if pc.all(matches(words, UUID)).as_py():
        return "uuid"
    parts = pc.extract_regex(words, RUNNING)
    if not parts.null_count:
        fixed = [
            pc.count_distinct(pc.struct_field(parts, side)).as_py() for side in ("head", "tail")
        ]
        if fixed == [1, 1]:
            return "sequence"
    shape = pc.replace_substring_regex(words, "[0-9]", "9")
    shape = pc.replace_substring_regex(shape, "[A-Z]", "A")
    shape = pc.unique(pc.replace_substring_regex(shape, "[a-z]", "a"))
    lengths = pc.unique(pc.utf8_length(words))
    digits = pc.all(pc.match_substring_regex(words, "[0-9]")).as_py()
    spaced = pc.any(pc.match_substring(words, " ")).as_py()
    return "shape" if (len(shape) == 1 or len(lengths) == 1) and digits and not spaced else None


def _refuse_mixed(
    name: str, array: pa.Array, words: pa.Array, counts: Any, memory: dict[Any, Any] | None
) -> None:
    """Stop at many numbers with a few words among them: one of the two is a mistake.

    Many different words with digits, such as `85123A` among `85123`, are codes: no mistake.
    """
    number = np.asarray(matches(words, NUMBER))
    share = float(counts[number].sum() / counts.sum())
    padded = pc.any(matches(words, r"^0[0-9]")).as_py()
    few = int(np.sum(~number)) <= FEW < int(np.sum(number))
    if MIXED <= share < 1 and few and not padded:
        bad = words.filter(pa.array(~number))[0].as_py()
        raise _mixed(name, array, bad, "numbers", share, memory)


def _mixed(
    name: str, array: pa.Array, bad: str, rest: str, share: float, memory: dict[Any, Any] | None
) -> InputError:
    row = pc.index(array, pa.scalar(bad)).as_py()
    return InputError(
        f"{bad!r} is none of the {rest}, as {share:.1%} of the values are",
        where=place(memory, row, name),
        hint='correct it, leave the cell empty, or give the column a kind or "missing" words in '
        "the schema",
        code="mixed-types",
    )
