"""The spectra of sounds: what is kept comes back."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs.sounds.spectra import Form, Loudness, energies, waves
from fivefold.errors import InputError


def voice(form, seed=0):
    """A sound like speech: a gliding tone with overtones, a hiss, a pause."""
    rng = np.random.default_rng(seed)
    t = np.arange(form.samples) / form.rate
    pitch = 120 + 60 * rng.random() + 40 * np.sin(2 * np.pi * 2 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / form.rate
    tone = sum(np.sin(k * phase) / k for k in range(1, 12))
    hiss = rng.normal(size=len(t)) * (t > 0.6 * t[-1]) * 0.3
    return ((tone + hiss) * (np.abs(t - t[-1] / 2) < 0.4 * t[-1]) * 0.1).astype(np.float32)


def convergence(made, real, form):
    """| |S(made)| - |S(real)| | / | |S(real)| | under another window than the codec's."""
    window = torch.hann_window(512)
    made, real = (
        torch.stft(torch.from_numpy(x), 512, 64, window=window, return_complex=True).abs()
        for x in (made, real)
    )
    return float((made - real).norm() / real.norm())


@settings(max_examples=20, deadline=None)
@given(st.integers(8_000, 24_000), st.integers(1, 40))
def test_a_spectrum_of_a_sound_is_that_sound(rate, frames):
    form = Form(rate, frames)
    x = torch.randn(2, form.samples, generator=torch.Generator().manual_seed(rate))
    assert form.spectrum(x).shape == (2, 3 * form.hop // 2 + 1, frames)
    torch.testing.assert_close(form.sound(form.spectrum(x)), x, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 24_000])
def test_every_frequency_lies_in_a_band_and_every_band_has_some(rate):
    filters = Form(rate, 8).filters
    assert (filters >= 0).all()
    torch.testing.assert_close(filters.sum(1), torch.ones(len(filters)))
    assert (filters[:, 1:-1].sum(0) > 0).all()


@pytest.mark.parametrize("rate", [8_000, 16_000])
def test_sounds_come_back_by_their_levels(rate):
    form = Form(rate, 52)
    real = np.stack([voice(form, seed) for seed in range(4)])
    loudness = Loudness.of(energies(real, form))
    levels = loudness.levels(energies(real, form))
    made = waves(loudness.energies(levels), form, torch.Generator().manual_seed(0))
    assert levels.shape == (4, form.bands, 52)
    assert levels.dtype == np.uint8
    assert convergence(made, real, form) < 0.25
    assert convergence(real[:, ::-1].copy(), real, form) > 0.5


def test_the_same_generator_gives_the_same_sound():
    form = Form(8_000, 8)
    found = energies(voice(form)[None], form)
    first, second, other = (
        waves(found, form, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_silence_stays_silence():
    form = Form(8_000, 8)
    loudness = Loudness.of(energies(voice(form)[None], form))
    nothing = np.zeros((1, form.bands, form.frames), np.uint8)
    made = waves(loudness.energies(nothing), form, torch.Generator().manual_seed(0))
    assert np.abs(made).max() == 0


def test_silence_alone_has_no_loudness():
    with pytest.raises(InputError, match="silent"):
        Loudness.of(torch.zeros(2, 80, 8))


@pytest.mark.parametrize(
    "state",
    [
        {"floor": 0, "top": 1},
        {"floor": 1, "top": 1},
        {"floor": 1e-9, "top": float("inf")},
        {"floor": float("nan"), "top": 1},
    ],
)
def test_a_loudness_that_is_none_is_refused(state):
    with pytest.raises(ValueError, match="louder"):
        Loudness.from_dict(state)
