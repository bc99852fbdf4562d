"""Texts that grow: whole characters, nothing taken back, stops found wherever they begin."""

import random

import pyarrow as pa
import pytest

from fivefold.codecs.alphabets import Bytes, alphabet_type
from fivefold.generation.lookup import MATCH, Lookup
from fivefold.generation.texts import Text

WORDS = "naïve 是 😀 to be, or not to be: 问题 is the question "


@pytest.mark.parametrize("name", ["bytes", "characters", "bpe"])
def test_pieces_are_whole_characters_and_joined_they_are_the_text(name) -> None:
    if name == "bpe":
        pytest.importorskip("tokenizers")
    alphabet = alphabet_type(name).fit(pa.chunked_array([[WORDS * 20]]), None)
    prompt = alphabet.encode("to be")
    text = Text(alphabet, [0, *prompt], [])
    pieces = []
    for symbol in alphabet.encode(" 是 😀" + WORDS):
        text.add(symbol)
        pieces.append(text.take())
    assert "".join(pieces) == " 是 😀" + WORDS
    assert not any("\ufffd" in piece for piece in pieces)


def test_half_a_character_at_the_end_is_shown_when_nothing_more_comes() -> None:
    text = Text(Bytes(), [], [])
    for symbol in Bytes().encode("a是")[:-1]:
        text.add(symbol)
    assert text.take() == "a"
    text.finish()
    assert text.take().startswith("\ufffd")


def test_symbols_that_make_no_character_are_shown_as_they_decode() -> None:
    dice = random.Random(1)
    for step in (1, 3):
        symbols = [dice.randint(1, 256) for _ in range(600)]
        text, shown = Text(Bytes(), [1, 2, 200], []), ""
        for i, symbol in enumerate(symbols):
            text.add(symbol)
            if i % step == 0:
                shown += text.take()
        text.finish()
        assert shown + text.take() == text.whole
        assert (
            text.whole == Bytes().decode([1, 2, 200, *symbols])[len(Bytes().decode([1, 2, 200])) :]
        )


def test_stop_strings_are_found_wherever_they_begin_and_never_shown() -> None:
    dice = random.Random(0)
    for _ in range(200):
        letters = "".join(dice.choice("ab") for _ in range(30))
        stops = ["".join(dice.choice("ab") for _ in range(dice.randint(1, 5))) for _ in range(2)]
        ends = [letters.find(stop) + len(stop) for stop in stops if stop in letters]
        text, shown = Text(Bytes(), [], stops), ""
        for symbol in Bytes().encode(letters):
            text.add(symbol)
            shown += text.take()
            if text.stopped:
                break
        text.finish()
        shown += text.take()
        first = min(ends, default=len(letters))
        cut = letters[:first]
        starts = [first - len(stop) for stop in stops if ends and cut.endswith(stop)]
        assert shown == letters[: min(starts, default=first)]


def test_a_run_seen_before_is_followed_as_it_was_then() -> None:
    run = list(range(1, MATCH + 1))
    text = Lookup([*run, 50, 51, 52, 9, *run])
    assert text.guess(3) == [50, 51, 52]
    assert text.guess(0) == []
    text.add(77)
    assert text.guess(3) == []
