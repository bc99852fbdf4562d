"""Judge synthetic sounds by what real ones sound like, whoever made them.

All that `gridded` has, in the features of log-mel spectra: those of a small net that was trained to tell the classes
apart, or, where there are none, the means and deviations of the bands over time. And of the long-term spectra, the mean
power P(f) of all frames of all sounds,

    spectral convergence     |sqrt P_real - sqrt P| / |sqrt P_real|
    log-spectral distance    sqrt(mean over f of (10 log10 P_real(f) / P(f))^2), in dB; 60 dB below the loudest are seen

References:
    Frechet Audio Distance (Kilgour et al., 2019), arXiv:1812.08466: the distance, in features of its own
    Fast Spectrogram Inversion using Multi-head Convolutional Neural Networks (Arik et al., 2019), arXiv:1808.06719
    Distance measures for speech processing (Gray, Markel, 1976): the log-spectral distance
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from fivefold.codecs.pictures.classes import Classes, words_of
from fivefold.codecs.pictures.faults import Faults
from fivefold.codecs.sounds.files import Waves
from fivefold.codecs.sounds.listings import looks, windows
from fivefold.codecs.sounds.spectra import Form, energies
from fivefold.codecs.sounds.surveys import Survey
from fivefold.errors import InputError
from fivefold.measures.featured import Rows
from fivefold.measures.figure import Figure
from fivefold.measures.gridded import GridJudge, Looked, Seer
from fivefold.measures.intervals import halved_error, normal
from fivefold.measures.pixels import smaller
from fivefold.measures.threads import one_thread

MOST, SOME = 20_000, 256
RANGE, SHARE = 1e-6, 0.999
TOGETHER = 64
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Heard(Looked):
    """Sounds of one form; `levels` are log-mel spectra.

    Arguments:
        spectra: the mean power of each of all at each frequency, with shape (N, F).
    """

    spectra: FloatArray

    @property
    def power(self) -> FloatArray:
        """The long-term spectrum, with shape (F,)."""
        found: FloatArray = self.spectra.mean(axis=0)
        return found


@dataclass(frozen=True)
class BandFeatures:
    """The mean, deviation and mean step of each log-mel band of a sound.

    Arguments:
        centre: what is taken from them, with shape (d,).
        scale: what they are multiplied by then.
    """

    centre: Rows
    scale: float
    name: str = "means, deviations and steps of log-mel bands over time"
    digest: str = ""

    @classmethod
    def of(cls, levels: NDArray[Any]) -> BandFeatures:
        """The features, centred on some sounds with shape (n, 1, bands, frames)."""
        plain = _bands(levels)
        return cls(plain.mean(axis=0), float(max(plain.var(axis=0).mean(), 1e-12) ** -0.5))

    def __call__(self, grids: NDArray[Any]) -> Rows:
        """Features with shape (n, 3 bands)."""
        found: Rows = (_bands(grids) - self.centre) * np.float32(self.scale)
        return found


def _bands(levels: NDArray[Any]) -> Rows:
    x = levels[:, 0].astype(np.float32)
    steps = np.abs(np.diff(x, axis=2)).mean(axis=2) if x.shape[2] > 1 else np.zeros_like(x[..., 0])
    return np.concatenate([x.mean(axis=2), x.std(axis=2), steps], axis=1)


class SoundJudge(GridJudge):
    """Everything that is known of the real sounds, for any number of synthetic sets.

    Arguments:
        real: the sounds that the generators learn from: a listing.
        holdout: real sounds that they do not learn from.
        form: what all are brought to; None to choose by the real ones.
        how: as in `GridJudge`.

    Example:
        >>> from fivefold.codecs.sounds.sets import table_of
        >>> draw = np.random.default_rng(0).normal(0, 0.1, (60, 2_000)).astype(np.float32)
        >>> table = table_of(draw, "noise", 1 << 20, None, np.array(8_000))
        >>> [figure.name for figure in SoundJudge(table).glance(table)]
        ['frechet_distance', 'kernel_distance']
    """

    things = "sounds"
    measured = "small copies of log-mel spectra"
    moved = (3,)
    damages = True

    def __init__(
        self, real: Any, holdout: Any = None, *, form: Form | None = None, **how: Any
    ) -> None:
        table = _listing(real, "real")
        super().__init__(table, holdout, **how)
        found = Faults(skip=False, thing="sound").without(looks(table))
        self.form = form or Survey.of(look for _, look in found).form(None, None)

    @cached_property
    def quiet(self) -> float:
        """The energy below which nothing is heard: 60 dB below what is loud in some real sounds."""
        rows = np.unique(np.linspace(0, len(self._real) - 1, SOME).round().astype(np.int64))
        found = [energies(w[:4], self.form) for _, w in _windows(self._real, self.form, rows)]
        loud = float(np.quantile(torch.cat(found).numpy(), SHARE))
        return max(RANGE * loud, 1e-20)

    def look(self, data: Any, owner: str, seed: int) -> Heard:
        """Sounds in the form, at most 20,000 windows of them."""
        table = _listing(data, owner)
        order = np.random.default_rng(seed).permutation(len(table))[:MOST]
        words: Classes = list(words_of(table))
        parts: list[tuple[Any, ...]] = []
        held, count = [], 0
        for row, waves in _windows(table, self.form, np.sort(order)):
            if count >= MOST:
                break
            count += len(waves)
            held += [(row, wave) for wave in waves]
            if len(held) >= TOGETHER:
                parts.append(self._heard(held))
                held = []
        if held:
            parts.append(self._heard(held))
        rows, levels, spectra, digests = (
            np.concatenate(part) for part in zip(*parts, strict=True)
        )
        return Heard(levels, [words[row] for row in rows], smaller(levels), digests, rows, spectra)

    def _heard(self, held: list[tuple[int, Waves]]) -> tuple[Any, ...]:
        """Rows, log-mel spectra, mean powers and digests of some windows."""
        waves = np.stack([wave for _, wave in held])
        levels = torch.log10(energies(waves, self.form).clamp(min=self.quiet))
        power = self.form.spectrum(torch.from_numpy(waves)).abs().square().mean(2)
        short = (waves * 32_767).round().clip(-32_768, 32_767).astype(np.int16)
        digests = [
            int.from_bytes(hashlib.blake2b(one.tobytes(), digest_size=8).digest()) for one in short
        ]
        return (
            np.array([row for row, _ in held], np.int64),
            levels[:, None].numpy().astype(np.float32),
            power.double().numpy(),
            np.array(digests, np.uint64),
        )

    def taught(self, levels: NDArray[Any], labels: NDArray[np.int64] | None) -> Seer:
        """A net that tells the classes apart, or the statistics of bands where there are none."""
        return BandFeatures.of(levels) if labels is None else super().taught(levels, labels)

    @one_thread
    def figures(self, synthetic: Any) -> list[Figure]:
        """Every figure of synthetic sounds.

        Arguments:
            synthetic: a listing.
        """
        made = self.look(synthetic, "synthetic", self.seed + 4)
        return [*self.compare(made), *self._spectra(made)]

    @cached_property
    def _sides(self) -> tuple[FloatArray, FloatArray]:
        """The spectra of two sets of real sounds: of training and held-out ones, or of halves."""
        assert isinstance(self.known, Heard)
        rng = np.random.default_rng(self.seed + 12)
        if isinstance(self.held, Heard):
            return self.known.spectra, self.held.spectra
        order = rng.permutation(len(self.known))
        one, two = np.array_split(self.known.spectra[order], 2)
        return one, two

    def _spectra(self, made: Heard) -> list[Figure]:
        one, two = self._sides
        rng = np.random.default_rng(self.seed + 13)
        real, new = one.mean(axis=0), made.power
        errors = halved_error(
            lambda i, j: spectral_errors(one[i].mean(axis=0), made.spectra[j].mean(axis=0)),
            (len(one), len(made)),
            rng,
        )
        others = rng.permutation(len(two))[: len(made)]
        floors = spectral_errors(real, two[others].mean(axis=0))
        note = f"{len(made):,} sounds against {len(one):,} real ones; floor: {len(others):,} other real ones"
        return [
            Figure(
                name=name,
                title=title,
                value=value,
                low=normal(value, float(error), 0.0)[0],
                high=normal(value, float(error), 0.0)[1],
                better="lower",
                best=0.0,
                floor=floor,
                unit=unit,
                definition=definition,
                source=source,
                note=note,
            )
            for value, error, floor, (name, title, unit, definition, source) in zip(
                spectral_errors(real, new), errors, floors, SPECTRAL, strict=True
            )
        ]


SPECTRAL = (
    (
        "spectral_convergence",
        "Spectral convergence",
        "ratio",
        "Distance between the magnitudes of the long-term spectra, over that of the real one.",
        "Arik et al. 2019, between long-term spectra",
    ),
    (
        "log_spectral_distance",
        "Log-spectral distance",
        "dB",
        "Root mean square difference of the long-term spectra in decibels.",
        "Gray and Markel 1976, between long-term spectra",
    ),
)


def spectral_errors(real: FloatArray, made: FloatArray) -> tuple[float, float]:
    """The spectral convergence and the log-spectral distance of two long-term spectra of power, with shape (F,).

    Example:
        >>> [round(error, 3) for error in spectral_errors(np.ones(8), 4 * np.ones(8))]
        [1.0, 6.021]
    """
    one, two = np.sqrt(real), np.sqrt(made)
    apart = float(np.linalg.norm(one - two) / max(float(np.linalg.norm(one)), 1e-20))
    least = max(RANGE * float(real.max()), 1e-20)
    decibels = 10 * np.log10((made + least) / (real + least))
    return apart, float(np.sqrt(np.square(decibels).mean()))


def _windows(table: pa.Table, form: Form, rows: NDArray[np.int64]) -> Any:
    """The windows of each sound, with its row."""
    found = Faults(skip=False, thing="sound").without(windows(table, form, rows.tolist()))
    return ((int(rows[place]), waves) for place, waves in found)


def _listing(data: Any, owner: str) -> pa.Table:
    if not isinstance(data, pa.Table):
        raise InputError(
            f"sounds are judged as listings, not as {type(data).__name__}",
            where=owner,
            hint="read them by read_data",
            code="no-table",
        )
    if not len(data):
        raise InputError("there are no sounds", where=owner, code="empty")
    return data


def measure_sounds(
    real: Any, synthetic: Any, *, holdout: Any = None, form: Form | None = None, **how: Any
) -> list[Figure]:
    """Every figure of synthetic sounds, in a stable order.

    Arguments:
        real: the sounds that the generator learned from: a listing.
        synthetic: the sounds to be judged.
        holdout: real sounds that it did not learn from.
        form: what all are brought to; None to choose by the real ones.
        how: as in `GridJudge`.
    """
    return SoundJudge(real, holdout, form=form, **how).figures(synthetic)
