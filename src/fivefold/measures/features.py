"""What grids look like to a small net that was trained on the real ones: the features that pictures are compared in.

    pixels -> space to depth -> five 3x3 convolutions, 32 to 64 wide -> mean over places -> 128 features -> task

The task is to tell the classes of the data apart; where there are none, to tell which of its turned and mirrored forms
a picture is shown in (eight of a square, four of an oblong). With forms, and with classes where it is asked for, half
of the data are shown blurred, noisy or coarse, and that is to be told as well: a net that tells forms alone apart does
not see a blur. It costs a classifier of digits half a percent of what it gets right. The net sees each datum at
most `TURNS` times and `SHOWN` data in all (half as many where there are no classes), about 20 processor seconds where
the processor has bfloat16. Features are computed in float32, centred, and scaled by one number, so that over the
training data their mean is 0 and their mean variance 1.

A distance in such features is one of *these* features, and compares with others in the same features only: so the
net's name stands in every figure, and its digest in the details.

References:
    Unsupervised Representation Learning by Predicting Image Rotations (Gidaris et al., 2018), arXiv:1803.07728
    Deep Residual Learning (He et al., 2016): convolution, batch norm, rectifier; global average pooling
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn
from torch.nn import functional

from fivefold.files import write_atomically
from fivefold.measures.disguises import DAMAGES, damaged, turned
from fivefold.nets.linear import compute_type
from fivefold.seeds import seed_of

FEATURES, WIDTH = 128, 32
SIDE, INSIDE = 64, 14
SHOWN, TURNS, BATCH = 77_000, 30, 64
RATE, DECAY, DROP, SMOOTH = 5e-3, 1e-2, 0.2, 0.05
SEEN = 500
VERSION = 3

Grids = NDArray[Any]


class Net(nn.Module):
    """The net.

    Arguments:
        channels: of a grid.
        fold: the side of the square that is put into channels first.
        answers: what the task has to tell apart.
    """

    def __init__(self, channels: int, fold: int, answers: int) -> None:
        super().__init__()
        self.fold = fold
        widths = (channels * fold**2, WIDTH, WIDTH, 2 * WIDTH, 2 * WIDTH, 2 * WIDTH)
        self.body = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(one, two, 3, 1 + (one == WIDTH < two), 1, bias=False),
                    nn.BatchNorm2d(two),
                    nn.ReLU(),
                )
                for one, two in pairwise(widths)
            )
        )
        self.features = nn.Linear(2 * WIDTH, FEATURES)
        self.answers = nn.Linear(FEATURES, answers)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def seen(self, x: Tensor) -> Tensor:
        """Features with shape (B, 128) of grids with shape (B, C, H, W)."""
        spare = [-side % self.fold for side in x.shape[:1:-1]]
        if any(spare):
            x = functional.pad(x, (0, spare[0], 0, spare[1]), mode="replicate")
        x = functional.pixel_unshuffle(x, self.fold)
        x = self.body(x.contiguous(memory_format=torch.channels_last)).mean((2, 3))
        return functional.relu(self.features(x))

    def forward(self, x: Tensor) -> Tensor:
        """Answers as logits, with shape (B, answers)."""
        return self.answers(functional.dropout(self.seen(x), DROP, self.training))


@dataclass(frozen=True)
class Features:
    """A trained net that turns grids into features.

    Arguments:
        net: the net.
        name: what it is, in words.
        shape: of a grid, (C, H, W).
        middle: the mean of each channel, with shape (C, 1, 1).
        spread: their deviations, likewise.
        centre: what is taken from features, with shape (128,).
        scale: what they are multiplied by then.
        digest: of its weights.
        classes: how many classes it tells apart; 0 where it tells forms.
    """

    net: Net
    name: str
    shape: tuple[int, int, int]
    middle: Tensor
    spread: Tensor
    centre: Tensor
    scale: float
    digest: str
    classes: int

    def __call__(self, grids: Grids) -> NDArray[np.float32]:
        """Features.

        Arguments:
            grids: with shape (n, C, H, W), of the size and units that the net was trained on.

        Returns:
            float32 with shape (n, 128).
        """
        parts = [np.zeros((0, FEATURES), np.float32)]
        with torch.inference_mode():
            for start in range(0, len(grids), SEEN):
                x = prepared(grids[start : start + SEEN], self.middle, self.spread)
                parts.append(((self.net.seen(x) - self.centre) * self.scale).numpy())
        return np.concatenate(parts)

    def answers(self, grids: Grids) -> NDArray[np.int64]:
        """The class that the net takes each grid for, with shape (n,)."""
        parts = [np.zeros(0, np.int64)]
        with torch.inference_mode():
            for start in range(0, len(grids), SEEN):
                x = prepared(grids[start : start + SEEN], self.middle, self.spread)
                parts.append(self.net(x)[:, : self.classes].argmax(1).numpy())
        return np.concatenate(parts)

    def save(self, path: Path) -> None:
        """Write it as one safetensors file."""
        said = {
            "name": self.name,
            "shape": self.shape,
            "scale": self.scale,
            "classes": self.classes,
            "fold": self.net.fold,
            "answers": self.net.answers.out_features,
        }
        tensors = {k: v.contiguous() for k, v in self.net.state_dict().items()}
        tensors |= {"middle": self.middle, "spread": self.spread, "centre": self.centre}
        write_atomically(path, to_bytes(tensors, {"features": json.dumps(said)}))

    @classmethod
    def load(cls, path: Path) -> Features:
        """Read what `save` wrote; a ValueError, KeyError or RuntimeError where the file is something else."""
        try:
            with safe_open(path, "pt") as file:
                said = json.loads((file.metadata() or {})["features"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as fault:
            raise ValueError(str(fault)) from fault
        middle, spread, centre = (tensors.pop(name) for name in ("middle", "spread", "centre"))
        channels, height, width = map(int, said["shape"])
        net = Net(channels, int(said["fold"]), int(said["answers"]))
        net.load_state_dict(tensors)
        net.eval().requires_grad_(False)
        shape, scale = (channels, height, width), float(said["scale"])
        classes = int(said["classes"])
        return cls(
            net, str(said["name"]), shape, middle, spread, centre, scale, digest_of(net), classes
        )


def learn(
    grids: Grids,
    labels: NDArray[np.int64] | None = None,
    *,
    things: str = "pictures",
    moved: tuple[int, ...] = (2, 3),
    damages: bool = False,
    shown: int = SHOWN,
    seed: int = 0,
    cache: Path | None = None,
) -> Features:
    """Train a net on real data, or take it from where it was put when it was trained on the same.

    Arguments:
        grids: with shape (n, C, H, W), bytes or floats.
        labels: the class of each, from 0, with shape (n,); None where there are none.
        things: what the data are called.
        moved: the sides along which a grid may be moved and stay what it is.
        damages: whether damage is told apart as well as classes, as it always is with forms.
        shown: how many data it is shown in all.
        seed: of weights, order and shifts.
        cache: a folder for what was trained.

    Example:
        >>> draw = np.random.default_rng(0).integers(0, 255, (64, 1, 8, 8)).astype(np.uint8)
        >>> features = learn(draw, draw[:, 0, 0, 0] % 2, shown=128)
        >>> features(draw).shape
        (64, 128)
    """
    said = hashlib.sha256(
        repr((VERSION, seed, shown, things, moved, damages, grids.shape)).encode()
    )
    said.update(np.ascontiguousarray(grids).tobytes())
    said.update(b"" if labels is None else labels.tobytes())
    place = cache / f"features-{said.hexdigest()[:24]}.safetensors" if cache else None
    if place and place.is_file():
        with suppress(ValueError, KeyError, TypeError, RuntimeError):
            return Features.load(place)
    found = _learned(grids, labels, things, moved, damages or labels is None, shown, seed)
    if place:
        place.parent.mkdir(parents=True, exist_ok=True)
        found.save(place)
    return found


def _learned(
    grids: Grids,
    labels: NDArray[np.int64] | None,
    things: str,
    moved: tuple[int, ...],
    damages: bool,
    shown: int,
    seed: int,
) -> Features:
    count, channels, *sides = grids.shape
    middle, spread = _moments(grids)
    forms = 8 if sides[0] == sides[1] else 4
    classes = 0 if labels is None else int(labels.max()) + 1
    task = f"their {classes} classes" if classes else f"{forms} turned and mirrored forms"
    task += ", and whole, blurred, noisy and coarse ones," if damages else ""
    name = f"a small convolutional net trained to tell {task} on {count:,} real {things}"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("features", seed))
        fold = 2 ** max(0, round(math.log2(max(_shrunk(sides)) / INSIDE)))
        net = Net(channels, fold, (classes or forms) + DAMAGES * damages)
        some = min(shown if classes else shown // 2, TURNS * count)
        _train(net, grids, labels, (middle, spread), moved, damages, some, seed)
    net.eval().requires_grad_(False)
    shape, digest = (channels, sides[0], sides[1]), digest_of(net)
    plain = Features(net, name, shape, middle, spread, torch.zeros(FEATURES), 1.0, digest, classes)
    seen = plain(_spaced(grids, 8 * SEEN)).astype(np.float64)
    variance = max(float(seen.var(axis=0).mean()), 1e-12)
    centre = torch.from_numpy(seen.mean(axis=0)).float()
    return replace(plain, centre=centre, scale=variance**-0.5)


def _train(
    net: Net,
    grids: Grids,
    labels: NDArray[np.int64] | None,
    moments: tuple[Tensor, Tensor],
    moved: tuple[int, ...],
    damages: bool,
    shown: int,
    seed: int,
) -> None:
    """One pass over `shown` data at a rate that rises for a fifth of the steps and falls to nothing."""
    steps = max(1, shown // BATCH)
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    dtype = compute_type(torch.device("cpu"))
    generator = torch.Generator().manual_seed(seed_of("feature steps", seed))
    for step, rows in enumerate(_rounds(len(grids), steps, generator)):
        share = (step + 1) / steps
        rate = share / 0.2 if share < 0.2 else 0.5 + 0.5 * math.cos(math.pi * (share - 0.2) / 0.8)
        for group in optimiser.param_groups:
            group["lr"] = RATE * max(rate, 1e-3)
        x = _shifted(prepared(grids[rows.numpy()], *moments), moved, generator)
        if labels is None:
            x, y = turned(x, generator)
        else:
            y = torch.from_numpy(labels[rows.numpy()])
        damage = torch.zeros(len(x), dtype=torch.int64)
        if damages:
            hurt, damage[BATCH // 2 :] = damaged(x[BATCH // 2 :], generator)
            x = torch.cat([x[: BATCH // 2], hurt])
        with torch.autocast("cpu", dtype, enabled=dtype is torch.bfloat16):
            told = net(x).float()
        first = told.shape[1] - DAMAGES * damages
        loss = functional.cross_entropy(told[:, :first], y, label_smoothing=SMOOTH)
        if damages:
            loss = loss + functional.cross_entropy(told[:, first:], damage)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def _rounds(count: int, steps: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Rows of each step: all of them in random order, again and again."""
    order = torch.zeros(0, dtype=torch.int64)
    for _ in range(steps):
        while len(order) < BATCH:
            order = torch.cat([order, torch.randperm(count, generator=generator)])
        yield order[:BATCH]
        order = order[BATCH:]


def prepared(grids: Grids, middle: Tensor, spread: Tensor) -> Tensor:
    """Grids as the net takes them: centred, scaled, and no side longer than 64."""
    x = torch.from_numpy(np.ascontiguousarray(grids)).float()
    x = (x - middle) / spread
    sides = list(x.shape[2:])
    return x if _shrunk(sides) == sides else functional.interpolate(x, _shrunk(sides), mode="area")


def _shrunk(sides: list[int]) -> list[int]:
    share = min(1.0, SIDE / max(sides))
    return [max(1, round(share * side)) for side in sides]


def _moments(grids: Grids) -> tuple[Tensor, Tensor]:
    """The mean and deviation of each channel."""
    found = _spaced(grids, 2_000).astype(np.float64)
    middle, spread = found.mean((0, 2, 3)), found.std((0, 2, 3))
    spread[spread == 0] = 1.0
    return (
        torch.from_numpy(middle).float().view(-1, 1, 1),
        torch.from_numpy(spread).float().view(-1, 1, 1),
    )


def _spaced(grids: Grids, most: int) -> Grids:
    """At most so many of them, from all parts."""
    rows: NDArray[np.int64] = np.linspace(0, len(grids) - 1, min(len(grids), most)).astype(int)
    return grids[rows]


def _shifted(x: Tensor, moved: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """The batch moved by up to a fourteenth of some sides; what leaves at one end enters at the other."""
    for side in moved:
        most = x.shape[side] // INSIDE
        if most:
            by = int(torch.randint(-most, most + 1, (), generator=generator))
            x = torch.roll(x, by, side)
    return x


def digest_of(net: nn.Module) -> str:
    """A digest of the weights of a net."""
    found = hashlib.sha256()
    for name, value in net.state_dict().items():
        found.update(name.encode())
        found.update(value.detach().contiguous().cpu().numpy().tobytes())
    return found.hexdigest()[:16]
