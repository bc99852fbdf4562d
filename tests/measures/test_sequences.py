"""Figures of sequences: real against real lies at the floor, and each fault moves the figure that is meant for it."""

import math
import time

import numpy as np
import pyarrow as pa
import pytest

from fivefold.errors import InputError
from fivefold.measures.sequences import bits_per_byte, cheap_sequences, measure_sequences

NOUNS = [
    "cat",
    "dog",
    "house",
    "river",
    "mountain",
    "child",
    "letter",
    "wind",
    "road",
    "king",
    "queen",
    "song",
]
VERBS = [
    "sees",
    "finds",
    "loves",
    "leaves",
    "builds",
    "follows",
    "hears",
    "takes",
    "forgets",
    "knows",
]
PLACES = ["near the sea", "in the wood", "by night", "at home", "on the hill", "without a word"]


def sentences(count, seed, nouns=NOUNS):
    dice = np.random.default_rng(seed)
    return [
        f"The {dice.choice(nouns)} {dice.choice(VERBS)} the {dice.choice(nouns)}"
        f"{' ' + dice.choice(PLACES) if dice.random() < 0.6 else ''}."
        for _ in range(count)
    ]


def shuffled(texts, seed):
    """The same words of each text in random order."""
    dice = np.random.default_rng(seed)
    return [" ".join(dice.permutation(text.split())) for text in texts]


def by_name(figures):
    return {figure.name: figure for figure in figures}


@pytest.fixture(scope="module")
def found():
    real, held = sentences(400, 0), sentences(400, 1)
    sides = {
        "release": sentences(400, 2),
        "shuffled": shuffled(sentences(400, 2), 3),
        "one mode": sentences(400, 2, NOUNS[:2]),
        "copies": list(real),
        "broken off": [text[: len(text) // 2] for text in sentences(400, 2)],
        "stuttering": [" ".join([text] * 3) for text in sentences(400, 2)],
    }
    return {n: by_name(measure_sequences(real, made, holdout=held)) for n, made in sides.items()}


def test_an_independent_release_lies_at_the_floor(found):
    known = {n: f for n, f in found["release"].items() if f.value is not None}
    assert set(found["release"]) - set(known) == {"verbatim_windows"}  # no text has fifty bytes
    for name, figure in known.items():
        assert figure.value == pytest.approx(figure.floor, abs=0.05 * max(1, abs(figure.floor))), (
            name
        )
        assert figure.low <= figure.value <= figure.high


@pytest.mark.parametrize(
    ("fault", "name", "direction"),
    [
        ("shuffled", "pair_trend_error", 1),
        ("shuffled", "detection_auc", 1),
        ("one mode", "coverage", -1),
        ("one mode", "column_shape_error", 1),
        ("one mode", "distinct_2", -1),
        ("one mode", "self_bleu", 1),
        ("copies", "exact_copies", 1),
        ("copies", "longest_match", 1),
        ("broken off", "column_shape_error", 1),
        ("broken off", "detection_auc", 1),
        ("stuttering", "repetition", 1),
    ],
)
def test_each_fault_is_seen_by_its_figure(found, fault, name, direction):
    figure = found[fault][name]
    if direction > 0:
        assert figure.low > figure.floor
    else:
        assert figure.high < figure.floor


def test_shuffled_words_keep_their_shares_and_lose_their_neighbours(found):
    words = found["shuffled"]["column_shape_error"].details["columns"][1]
    assert words["column"] == "words"
    assert words["error"] < 0.05
    assert (
        found["shuffled"]["pair_trend_error"].value
        > 3 * found["release"]["pair_trend_error"].value
    )


def test_the_same_seed_gives_the_same_figures():
    real, made = sentences(80, 0), sentences(80, 1)
    first, second = (measure_sequences(real, made, seed=4) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("kind", ["code", "log", "music", "molecule", "protein", "events"])
def test_every_kind_has_the_figures_of_quality(kind):
    real = pa.table({"x": ["CCO", "CCN", "CCC", "OCC"] * 10})
    names = [
        f.name
        for f in measure_sequences(
            real, ["CCO"] * 30, kind=kind, parts=("frequencies", "detection", "variety")
        )
    ]
    assert names[:4] == ["column_shape_error", "pair_trend_error", "detection_auc", "coverage"]


@pytest.mark.parametrize(
    ("real", "made"), [(["a"], ["b"]), (["", ""], ["", "x"]), (["ab"] * 40, []), ([], ["a"])]
)
def test_few_empty_and_absent_texts_are_measured_or_said_to_be_absent(real, made):
    for figure in measure_sequences(real, made):
        assert figure.value is not None or figure.note
    for figure in cheap_sequences(real, made):
        assert figure.value is not None or figure.note


def test_cheap_figures_agree_with_the_full_ones_and_are_cheap():
    real, made = sentences(2_000, 0), shuffled(sentences(2_000, 1), 2)
    real, made = ([(text * 6)[:128] for text in side] for side in (real, made))
    cheap_sequences(real, made)
    before = time.process_time()
    quick = by_name(cheap_sequences(real, made))
    assert time.process_time() - before < 0.5
    full = by_name(measure_sequences(real, made, parts=("frequencies",)))
    for name, figure in quick.items():
        assert figure.value == pytest.approx(full[name].value, abs=0.01)


def test_unknown_kinds_are_refused():
    with pytest.raises(InputError, match="no kind of sequence"):
        measure_sequences(["a"], ["b"], kind="poem")


def test_bits_per_byte_is_a_ratio_of_sums_with_an_interval():
    dice = np.random.default_rng(0)
    sizes = dice.integers(50, 150, 400)
    truth = 2.5
    nats = -math.log(2) * (truth * sizes + dice.normal(0, 10, 400))
    figure = bits_per_byte(nats, sizes)
    assert figure.low < truth < figure.high
    assert figure.value == pytest.approx(-nats.sum() / math.log(2) / sizes.sum())
    assert figure.high - figure.low == pytest.approx(2 * 1.96 * 10 / 20 / sizes.mean(), rel=0.2)
    assert bits_per_byte([], []).value is None
    assert bits_per_byte([-np.inf], [3]).value is None
