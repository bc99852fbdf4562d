"""How much of real sounds comes back after encoding and decoding: levels of energy in bands, and phases looked for.

    apt-get download asterisk-core-sounds-en-wav && dpkg-deb -x asterisk-core-sounds-en-wav*.deb speech
    python benchmarks/grids/spectra.py speech --sounds 64 --out spectra.json

Spectral convergence is | |S(made)| - |S(real)| | / | |S(real)| | and log-spectral distance the deviation of the levels
in dB down to 60 dB below the loudest, both under a Hann window of 64 ms every 8 ms, which is not the codec's.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch

from fivefold.codecs import read_data
from fivefold.codecs.pictures.faults import Faults
from fivefold.codecs.sound import SoundCodec
from fivefold.codecs.sounds.listings import windows
from fivefold.seeds import seeded


def spectra(x: torch.Tensor, rate: int) -> torch.Tensor:
    """Magnitudes with shape (N, frequencies, frames)."""
    size = round(0.064 * rate)
    return torch.stft(
        x, size, size // 8, window=torch.hann_window(size), return_complex=True
    ).abs()


def compared(made: torch.Tensor, real: torch.Tensor, rate: int) -> dict[str, float]:
    """Both figures, their means over sounds."""
    found, wanted = spectra(made, rate), spectra(real, rate)
    convergence = (found - wanted).norm(dim=(1, 2)) / wanted.norm(dim=(1, 2))
    floor = wanted.amax((1, 2), keepdim=True) * 1e-3
    level = (20 / math.log(10)) * (found.maximum(floor).log() - wanted.maximum(floor).log())
    distance = level.square().mean(1).sqrt().mean(1)
    return {
        "spectral_convergence": round(float(convergence.mean()), 4),
        "log_spectral_distance_db": round(float(distance.mean()), 3),
    }


def main() -> None:
    """Encode and decode, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sounds_in")
    parser.add_argument("--sounds", type=int, default=64)
    parser.add_argument("--rate", type=int)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    table = read_data(given.sounds_in)[1]
    order = np.random.default_rng(0).permutation(len(table))[: given.sounds]
    table = table.take(np.sort(order))
    codec = SoundCodec(rate=given.rate, seconds=given.seconds, skip_bad=True).fit(table)
    sounds = Faults(skip=True, thing="sound").without(windows(table, codec.form))
    real = torch.from_numpy(np.concatenate([sound[:1] for _, sound in sounds]))
    x = codec.encode(table)
    first = torch.from_numpy(np.unique(x.owners.numpy(), return_index=True)[1])
    heard = real.abs().amax(1) > 0.01
    began = time.process_time()
    made = codec.decode(x[first[heard]], seed=0)["sound"].combine_chunks().flatten()
    took = time.process_time() - began
    made = torch.from_numpy(np.asarray(made).reshape(-1, codec.form.samples).copy())
    noise = torch.randn(real.shape, generator=seeded(real.device, "noise")) * real.std()
    found = {
        "rate": codec.form.rate,
        "sounds": int(heard.sum()),
        "numbers_a_second": round(codec.space.dimensions / codec.form.seconds),
        **compared(made, real[heard], codec.form.rate),
        "noise": compared(noise[heard], real[heard], codec.form.rate),
        "decoding_cpu_seconds_a_second": round(took / (len(made) * codec.form.seconds), 4),
    }
    print(json.dumps(found, indent=1))
    if given.out:
        given.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
