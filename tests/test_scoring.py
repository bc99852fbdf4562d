"""The probability of texts and rows under a model."""

import math

import pyarrow as pa
import pytest

from fivefold import estimators
from fivefold.errors import InputError, NoLikelihoodError
from fivefold.scoring import Score, score, total

LINES = [f"{word} and {word}." for word in ("ab", "cd", "ef", "gh")] * 30
OPTIONS = {"kind": "text", "alphabet": "characters", "length": 12, "size": 0.5}


@pytest.fixture(scope="module")
def writer():
    return estimators.fit(LINES, family="autoregressive", epochs=3, **OPTIONS)


def test_a_text_is_scored_by_its_symbols(writer) -> None:
    (found,) = score(writer, "ab and ab.", symbols=True)
    assert [text for text, _ in found.symbols] == [*"ab and ab.", ""]
    assert sum(value for _, value in found.symbols) == pytest.approx(found.log_prob, rel=2e-2)
    assert found.bits_per_byte == pytest.approx(-found.log_prob / math.log(2) / 10)


def test_a_text_like_those_learned_from_is_more_probable(writer) -> None:
    like, unlike = score(writer, ["ab and ab.", ".ba dna ba"])
    assert like.log_prob > unlike.log_prob + 5


def test_a_text_longer_than_the_context_is_the_sum_of_its_windows(writer) -> None:
    text = "ab and ab. cd and cd. ef and ef."
    (found,) = score(writer, text, symbols=True)
    assert len(found.symbols) == len(text) + 1
    table = pa.table({"text": [text]})
    windows = writer.log_prob_of(writer.codec.encode(table))
    assert len(windows) == 3
    assert float(windows.sum()) == pytest.approx(found.log_prob)


def test_a_file_is_read_and_every_text_scored(writer, tmp_path) -> None:
    file = tmp_path / "texts.csv"
    file.write_text("text\nab and ab.\ncd and cd.\n")
    assert [s.text for s in score(writer, str(file))] == ["ab and ab.", "cd and cd."]


def test_totals_are_sums_over_sums() -> None:
    found = total([Score("abcd", -math.log(2) * 4, 4), Score("ab", -math.log(2) * 8, 2)])
    assert found["bits_per_byte"] == pytest.approx(2)
    assert total([Score("", -1.0)])["bits_per_byte"] is None


def test_rows_of_a_table_are_scored(tmp_path) -> None:
    data = pa.table({"a": ["x", "y"] * 40, "b": [1, 2, 3, 4] * 20})
    model = estimators.fit(data, family="autoregressive", epochs=1, size=0.25)
    found = score(model, data)
    assert len(found) == 80
    assert found[0].to_dict() == {"log_prob": found[0].log_prob, "bits_per_byte": None}
    with pytest.raises(InputError, match=r"no such file.*rows of one"):
        score(model, "to be or not to be")


def test_a_family_without_likelihood_names_those_that_have_one() -> None:
    model = estimators.fit(LINES, family="adversarial", epochs=0.1, **OPTIONS)
    with pytest.raises(NoLikelihoodError, match=r"adversarial.*autoregressive"):
        score(model, "ab")
