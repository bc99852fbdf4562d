"""Identifiers are never learned: decoding makes new ones in the same pattern.

| pattern | made |
|---|---|
| sequence | the numbers that follow the largest one seen, between the same words, with as many digits |
| spread | distinct numbers between the smallest and the largest power of ten around those seen |
| uuid | a random UUID (version 4), in the same case, with or without hyphens |
| shape | at each place a character of the sort seen there (digit, capital, small letter) |

Row i of a sample of any size gets an identifier of its own: in `spread` and `shape`, i is scattered over the numbers by
a fixed permutation i -> (a i + b) mod M. No identifier seen in training is kept; a number or shape made may by chance
equal one.
"""

from __future__ import annotations

import math
from typing import Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fivefold.codecs.kinds import Column, arrow_type
from fivefold.codecs.lattice import LARGEST, Ints
from fivefold.codecs.numerals import matches
from fivefold.codecs.wording import RUNNING, word_pattern

DIGITS, CAPITALS, SMALLS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
COUNTED = 1 << 31
"""The permutation runs over at least so many rows where the shape has as many places."""


class Identifiers(BaseModel):
    """How a column of identifiers is made.

    Arguments:
        pattern: one of the table above.
        head: the words before a running number.
        tail: the words after it.
        width: the digits that a running number is filled to with zeros.
        low: the first number.
        high: the number after the last, for `spread`.
        alphabet: the characters at each place of a shape.
        capital: whether a UUID is in capitals.
        hyphens: whether it has hyphens.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["identifiers"] = "identifiers"
    pattern: Literal["sequence", "spread", "uuid", "shape"]
    head: str = ""
    tail: str = ""
    width: int = Field(default=0, ge=0, le=18)
    low: int = Field(default=0, ge=-LARGEST, le=LARGEST)
    high: int = Field(default=1, ge=-LARGEST, le=LARGEST)
    alphabet: tuple[str, ...] = Field(default=(), max_length=200)
    capital: bool = False
    hyphens: bool = True

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.pattern == "spread" and self.low >= self.high:
            raise ValueError("a spread needs low < high")
        if self.pattern == "shape" and not (self.alphabet and all(self.alphabet)):
            raise ValueError("a shape needs an alphabet at every place")
        if not all(place.isascii() for place in self.alphabet):
            raise ValueError("a shape is made of ASCII characters")
        return self

    @classmethod
    def fit(cls, values: pa.Array, column: Column) -> Self:
        """How to make identifiers like these.

        Arguments:
            values: the column, with shape (n,).
            column: its description.

        Returns:
            The pattern, without any identifier in it.
        """
        values = values.drop_null()
        if pt.is_integer(values.type):
            span = pc.min_max(values)
            low, high = span["min"].as_py() or 0, span["max"].as_py() or 0
            if column.pattern == "spread":
                return cls(pattern="spread", low=_round(low), high=_round(high + 1, up=True))
            return cls(pattern="sequence", low=high + 1)
        words = values.cast(pa.string())
        pattern = word_pattern(words) if len(words) else None
        if pattern == "uuid":
            letters = "".join(words.slice(0, 20).to_pylist())
            return cls(pattern="uuid", capital=letters != letters.lower(), hyphens="-" in letters)
        if pattern == "sequence":
            return cls._running(words)
        if pattern == "shape" and pc.all(pc.string_is_ascii(words)).as_py():
            return cls(pattern="shape", alphabet=_alphabets(words))
        return cls(pattern="sequence", head=f"{column.name}-", low=1)

    @classmethod
    def _running(cls, words: pa.Array) -> Self:
        parts = pc.extract_regex(words, RUNNING)
        digits = pc.struct_field(parts, "number")
        lengths = pc.min_max(pc.utf8_length(digits))
        even = lengths["min"] == lengths["max"] and pc.any(matches(digits, "^0")).as_py()
        return cls(
            pattern="sequence",
            head=pc.struct_field(parts, "head")[0].as_py(),
            tail=pc.struct_field(parts, "tail")[0].as_py(),
            width=lengths["max"].as_py() if even else 0,
            low=pc.max(digits.cast(pa.int64())).as_py() + 1,
        )

    @property
    def continuous(self) -> int:
        """The number of continuous variables."""
        return 0

    @property
    def discrete(self) -> tuple[int, ...]:
        """The vocabulary sizes."""
        return ()

    def make(self, rows: int, start: int, column: Column, draw: np.random.Generator) -> pa.Array:
        """New identifiers for the rows start, start + 1, ...

        Arguments:
            rows: how many.
            start: the place of the first row in the whole sample.
            column: the description, with its `dtype`.
            draw: the source of randomness.

        Returns:
            Distinct values of the column's type, with shape (rows,).
        """
        kind = arrow_type(column.dtype)
        index = np.arange(start, start + rows, dtype=np.int64)
        if self.pattern == "uuid":
            return self._uuids(rows, draw).cast(kind)
        if self.pattern == "shape":
            return self._shapes(index, draw).cast(kind)
        number = self._scattered(index) if self.pattern == "spread" else index + self.low
        if pt.is_integer(kind):
            wide = rows and not _fits(kind, int(number.max()))
            return pa.array(number) if wide else pa.array(number).cast(kind)
        digits = pc.utf8_lpad(pa.array(number).cast(pa.string()), self.width, "0")
        return pc.binary_join_element_wise(self.head, digits, self.tail, "").cast(kind)

    def _scattered(self, index: Ints) -> Ints:
        """Distinct numbers from low; beyond high once all up to there are used."""
        count = self.high - self.low
        if count >= COUNTED:
            block = count // COUNTED
            return self.low + _permuted(index % COUNTED, COUNTED) * block + index // COUNTED
        return self.low + _permuted(index % count, count) + index // count * count

    def _shapes(self, index: Ints, draw: np.random.Generator) -> pa.Array:
        rows, width = len(index), len(self.alphabet)
        text = np.empty((rows, width), np.uint8)
        free = [place for place in range(width - 1, -1, -1) if len(self.alphabet[place]) > 1]
        count, counted = 1, 0
        while counted < len(free) and count < COUNTED:
            count *= len(self.alphabet[free[counted]])
            counted += 1
        number, round_ = _permuted(index % count, count), index // count
        for place, characters in enumerate(self.alphabet):
            letters = np.frombuffer(characters.encode(), np.uint8)
            text[:, place] = letters[draw.integers(0, len(letters), rows)]
        for place in free[:counted]:
            letters = np.frombuffer(self.alphabet[place].encode(), np.uint8)
            number, digit = np.divmod(number, len(letters))
            text[:, place] = letters[digit]
        words = _strings(text)
        if not round_.any():
            return words
        again = pa.array(np.where(round_ > 0, "-", "").astype(str))
        turn = pc.if_else(pa.array(round_ > 0), pa.array(round_).cast(pa.string()), "")
        return pc.binary_join_element_wise(words, again, turn, "")

    def _uuids(self, rows: int, draw: np.random.Generator) -> pa.Array:
        raw = np.frombuffer(draw.bytes(16 * rows), np.uint8).reshape(rows, 16).copy()
        raw[:, 6] = raw[:, 6] & 0x0F | 0x40
        raw[:, 8] = raw[:, 8] & 0x3F | 0x80
        letters = np.frombuffer(b"0123456789ABCDEF" if self.capital else b"0123456789abcdef", "u1")
        text = np.stack([letters[raw >> 4], letters[raw & 15]], axis=2).reshape(rows, 32)
        if not self.hyphens:
            return _strings(text)
        hyphened = np.full((rows, 36), ord("-"), np.uint8)
        places = [place for place in range(36) if place not in (8, 13, 18, 23)]
        hyphened[:, places] = text
        return _strings(hyphened)


def _permuted(index: Ints, count: int) -> Ints:
    """The index scattered over 0..count-1, one to one; count is below 2^38."""
    factor = max(1, int(count * 0.6180339887))
    while math.gcd(factor, count) > 1:
        factor += 1
    high, low = np.divmod(index, 1 << 16)
    step = (factor << 16) % count
    place: Ints = (high % count * step % count + low * factor + count // 3) % count
    return place


def _round(number: int, *, up: bool = False) -> int:
    """The number rounded outwards to one significant digit."""
    power: int = 10 ** max(len(str(abs(number))) - 1, 0)
    return (-(-number // power) if up else number // power) * power


def _fits(kind: pa.DataType, number: int) -> bool:
    bits: int = kind.bit_width - (not pt.is_unsigned_integer(kind))
    return number < 1 << bits


def _alphabets(words: pa.Array) -> tuple[str, ...]:
    """The sorts of character seen at each place; a place that never changes keeps its character."""
    places: list[str] = []
    for place in range(int(pc.max(pc.utf8_length(words)).as_py())):
        seen = set(pc.unique(pc.utf8_slice_codeunits(words, place, place + 1)).to_pylist()) - {""}
        sorts = [sort for sort in (DIGITS, CAPITALS, SMALLS) if seen & set(sort)]
        others = "".join(sorted(seen - set(DIGITS + CAPITALS + SMALLS)))
        places.append(seen.pop() if len(seen) == 1 else "".join(sorts) + others)
    return tuple(places)


def _strings(text: NDArray[np.uint8]) -> pa.Array:
    """Rows of ASCII characters as Arrow strings."""
    rows, width = text.shape
    ends = np.arange(0, (rows + 1) * width, width, dtype=np.int64)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(text))]
    return pa.LargeStringArray.from_buffers(rows, buffers[1], buffers[2]).cast(pa.string())
