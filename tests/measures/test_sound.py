"""Sounds judged: what is real, filtered, copied, or one class short."""

import numpy as np
import pyarrow as pa
import pytest

from fivefold.codecs.sounds.sets import table_of
from fivefold.errors import InputError
from fivefold.measures.judging import judge
from fivefold.measures.sound import SoundJudge, measure_sounds, spectral_errors

RATE = 8_000
NAMES = [
    "frechet_distance",
    "kernel_distance",
    "precision",
    "recall",
    "density",
    "coverage",
    "memorised_share",
    "exact_copies",
    "excess_copies",
    "spectral_convergence",
    "log_spectral_distance",
]


def tones(count: int, seed: int, classes: str = "abc") -> tuple[np.ndarray, np.ndarray]:
    """Tones of a pitch for each class, with overtones, an envelope and noise."""
    draw = np.random.default_rng(seed)
    t = np.arange(1_600) / RATE
    words = draw.choice(list(classes), count)
    pitch = np.array([{"a": 200, "b": 450, "c": 900}[word] for word in words])
    pitch = pitch * draw.uniform(0.9, 1.1, count)
    fall = draw.uniform(5, 25, (count, 1))
    waves = sum(np.sin(2 * np.pi * k * pitch[:, None] * t) / k for k in (1, 2, 3))
    waves = 0.3 * waves * np.exp(-fall * t) + 0.003 * draw.normal(size=(count, len(t)))
    return waves.astype(np.float32), words


def listing(waves: np.ndarray, words: np.ndarray | None = None) -> pa.Table:
    return table_of(waves, "tones", 1 << 20, words, np.array(RATE))


@pytest.fixture(scope="module")
def judged():
    return SoundJudge(listing(*tones(300, 0)), listing(*tones(150, 1)), shown=4_000)


def figures(judged, waves):
    found = {figure.name: figure for figure in judged.figures(listing(waves))}
    assert list(found) == NAMES
    for figure in found.values():
        assert figure.low <= figure.value <= figure.high
        assert figure.floor is not None
    return found


def test_real_sounds_are_at_the_floor(judged):
    found = figures(judged, tones(150, 2)[0])
    assert found["kernel_distance"].low < 0.1
    assert found["recall"].value > 0.75
    assert found["spectral_convergence"].value < 0.3
    assert found["memorised_share"].value < 0.08
    assert (
        "their 3 classes, and whole, blurred, noisy and coarse ones, on 240 real"
        in found["recall"].definition
    )
    assert judged.right > 0.9


def test_a_filter_is_heard(judged):
    waves = tones(150, 2)[0]
    dull = (waves[:, 1:] + waves[:, :-1]) / 2
    plain, found = figures(judged, waves), figures(judged, dull)
    assert found["log_spectral_distance"].low > plain["log_spectral_distance"].high
    assert found["log_spectral_distance"].value > 2 * found["log_spectral_distance"].floor


def test_a_missing_class_is_heard(judged):
    found = figures(judged, tones(150, 3, classes="ab")[0])
    assert found["recall"].value < 0.8
    assert found["kernel_distance"].low > 0
    assert found["spectral_convergence"].value > 2 * found["spectral_convergence"].floor


def test_copies_are_caught_though_they_are_louder_by_a_little(judged):
    found = figures(judged, 1.01 * tones(300, 0)[0])
    assert found["memorised_share"].low > 0.9
    assert found["exact_copies"].value == 0
    assert figures(judged, tones(300, 0)[0])["exact_copies"].value == 1


def test_without_classes_and_holdout_bands_are_compared():
    found = {
        figure.name: figure
        for figure in measure_sounds(listing(tones(200, 4)[0]), listing(tones(100, 5)[0]))
    }
    assert list(found) == NAMES
    assert "log-mel bands" in found["recall"].definition
    assert found["precision"].value > 0.6


def test_silence_and_one_call_break_nothing(tmp_path):
    real, silent = listing(*tones(60, 6)), listing(np.zeros((20, 1_600), np.float32))
    found = judge(real, silent, kind="sound", cache=tmp_path)
    assert [figure.name for figure in found] == NAMES
    assert all(figure.value is None or np.isfinite(figure.value) for figure in found)
    assert len(list(tmp_path.iterdir())) == 1


def test_errors_of_spectra_are_what_they_are_defined_as():
    real = np.array([4.0, 1.0])
    assert spectral_errors(real, real) == (0, 0)
    apart, decibels = spectral_errors(real, np.array([1.0, 1.0]))
    assert apart == pytest.approx(1 / np.sqrt(5))
    assert decibels == pytest.approx(np.sqrt((10 * np.log10(4)) ** 2 / 2), rel=1e-4)


@pytest.mark.parametrize("data", [["a"], pa.table({"sound": pa.array([], pa.string())})])
def test_what_holds_no_sounds_is_refused(data):
    with pytest.raises(InputError):
        SoundJudge(data)
