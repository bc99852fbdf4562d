"""The comparison on sequences: whole documents held out, passages judged, one report."""

import json
import re
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from fivefold.codecs import CODECS
from fivefold.compare.jobs import Job, run
from fivefold.compare.protocol import compare
from fivefold.compare.result import Comparison
from fivefold.compare.texts import SequenceTrial, blocks, documents
from fivefold.errors import InputError
from fivefold.families import Autoregressive
from fivefold.model import Model, load
from fivefold.spaces import Space

WORDS = ("the", "cat", "dog", "sat", "ran", "on", "a", "mat", "red", "old")


def texts(count: int, words: int = 9) -> list[str]:
    draw = np.random.default_rng(0)
    return [f"{n}: {' '.join(draw.choice(WORDS, words))}." for n in range(count)]


def trial_of(lines: list[str], **options) -> SequenceTrial:
    codec = CODECS["text"](**{"alphabet": "characters", "length": 32, **options})
    return SequenceTrial(SequenceTrial.split(codec, pa.table({"text": lines}), 0))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare") / "out"
    kept = compare(
        texts(200),
        minutes=0.02,
        families=["autoregressive"],
        seeds=1,
        out=folder,
        threads=1,
        alphabet="characters",
        length=40,
    )
    return kept, folder


def test_a_comparison_of_texts_has_the_parts_of_one_of_tables(done) -> None:
    comparison = done[0].comparison
    (family,) = comparison.families
    assert not family.failed
    assert comparison.data.kind == "text"
    assert comparison.data.written["alphabet"] == "characters"
    wanted = {"column_shape_error", "pair_trend_error", "detection_auc", "coverage", "quality"}
    assert wanted <= set(family.figures)
    assert family.figures["generation_speed"].unit == "texts/s"
    assert len(family.sizes) == 3
    assert [point.columns for point in family.scaling] == [20, 40, 80, 160]
    assert comparison.baseline.title == "6-gram model"
    assert comparison.floor["detection_auc"].value is not None


def test_bits_per_byte_are_those_of_the_kept_model(done) -> None:
    (family,) = done[0].comparison.families
    model = load(family.folder)
    figure = family.figures["bits_per_byte"]
    assert figure.low < figure.value < figure.high
    fresh = texts(400)[200:]
    table = pa.table({"text": fresh})
    nats = -float(model.log_prob(table).sum())
    bits = nats / np.log(2) / model.codec.units(table)
    assert figure.value == pytest.approx(bits, rel=0.15)
    (run_,) = family.runs
    assert run_.loss_unit == "bits per byte"
    assert run_.training[-1].held_out == pytest.approx(figure.value, rel=0.15)


def test_the_report_shows_samples_attention_and_loss_and_speaks_of_texts(done) -> None:
    kept, folder = done
    page = (folder / "report.html").read_text()
    for anchor in ("samples", "losses", "columns", "pairs", "attention", "tradeoff"):
        assert f'id="{anchor}"' in page, anchor
    assert 'id="rows"' not in page
    assert 'id="worst"' not in page
    assert not re.findall(
        r"[^.>]*\brows\b[^.<]*", page.partition("<main")[2].partition("<script")[0]
    )
    assert "texts" in kept.text()
    assert not re.search(r"\brows\b", kept.text())
    document = json.loads((folder / "report.json").read_text())
    assert Comparison.from_dict(document) == Comparison.from_dict(kept.to_dict())
    gallery = kept.comparison.gallery
    assert len(gallery.made["autoregressive"]) == len(gallery.real) == 6
    assert not set(gallery.real) & set(done[0].comparison.data.notices)


def test_the_weights_of_attention_are_shares(done) -> None:
    found = done[0].comparison.attention
    for layer in found.layers:
        assert len(layer) == len(found.symbols)
        assert np.allclose(np.sum(layer, 1), 1, atol=0.05)


def test_no_document_is_in_two_parts_and_none_is_lost() -> None:
    lines = texts(120)
    parts = trial_of(lines).parts
    tables = (parts.train, parts.validation, parts.holdout)
    found = [text for table in tables for text in table["text"].to_pylist()]
    assert Counter(found) == Counter(lines)
    assert 0.15 < len(parts.holdout) / 120 < 0.3
    assert not parts.notices


def test_one_long_text_is_cut_into_blocks_that_give_it_back() -> None:
    text = "\n".join(texts(600))
    trial = trial_of([text])
    tables = (trial.parts.train, trial.parts.validation, trial.parts.holdout)
    found = [piece for table in tables for piece in table["text"].to_pylist()]
    assert sum(map(len, found)) == len(text)
    assert all(piece in text for piece in found)
    assert "one document" in trial.parts.notices[-1]


@pytest.mark.parametrize("text", ["词" * 500, "a" * 500, "one two " * 60, "x\n" * 250])
def test_blocks_are_the_text(text) -> None:
    found = list(blocks(text, 40))
    assert "".join(found) == text
    assert all(0 < len(piece) <= 40 for piece in found)


def test_empty_documents_are_left_out() -> None:
    pieces, cut = documents(pa.chunked_array([["", "a b", None, "c d", "e f", "g h", "i j", "k"]]))
    assert pieces.to_pylist() == ["a b", "c d", "e f", "g h", "i j", "k"]
    assert cut == 0


def test_passages_of_short_documents_are_the_documents() -> None:
    trial = trial_of(texts(120), length=128)
    assert sorted(trial.train["text"].to_pylist()) == sorted(trial.parts.train["text"].to_pylist())


def test_passages_of_long_documents_fit_the_model() -> None:
    trial = trial_of(["\n".join(texts(300))])
    assert max(map(len, trial.train["text"].to_pylist())) == 31
    assert len(trial.holdout) == len(trial.codec.encode(trial.parts.holdout))


def test_the_baseline_is_judged_and_beats_an_untrained_family(tmp_path) -> None:
    trial = trial_of(texts(300))
    trial.parts.write(tmp_path)
    job = Job("baseline", str(tmp_path), "x", rows=100, effort=0.125, results=str(tmp_path))
    found = run(job)
    untrained = Model(Autoregressive(trial.codec.space, width=64, depth=1), trial.codec, {})
    bits = {f.name: f for f in trial.likelihood(untrained, 0)}["bits_per_byte"].value
    assert bits == pytest.approx(np.log2(trial.codec.space.alphabet), rel=0.1)
    assert found["figures"]["bits_per_byte"]["value"] < bits / 2


def test_data_of_other_lengths_have_them() -> None:
    trial = trial_of(texts(150))
    for (length, x, space), wanted in zip(trial.scaled(), (16, 32, 64, 128), strict=True):
        assert length == wanted
        assert space == Space.sequence(trial.codec.space.alphabet, wanted)
        assert x[:].discrete.shape == (16, wanted)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["to be or not to be"], r"1 document of 18 bytes in all, 1 windows.*--length"),
        (["", ""], "no text"),
        (["a", "b", "c"], "3 documents of 3 bytes"),
    ],
)
def test_too_little_text_is_refused(lines, message) -> None:
    with pytest.raises(InputError, match=message):
        trial_of(lines, length=64)


def test_a_target_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match=r"--target 'x' does not apply.*text"):
        compare(texts(100), target="x", out=tmp_path)
