"""Tasks of pictures: how they are read to one file of arrays, and how pictures that were drawn are judged.

    data/pictures.npz    train, test: uint8 with shape (N, H, W, C); train_labels, test_labels where there are classes
    out/pictures.npz     made: likewise

Test pictures, which no contender and no net ever saw, are what made ones are compared with. Where there are classes the
features are those of a classifier, shown enough to be right for 99.5% of MNIST; else those that `compare` would use.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from judging import Figures, kept
from numpy.typing import NDArray

from fivefold.codecs.image import ImageCodec
from fivefold.codecs.reading import read_data
from fivefold.compare.grids import parted
from fivefold.measures.featured import Featured, frechet_score
from fivefold.measures.features import learn
from fivefold.measures.pictures import PictureJudge

PICTURES = "pictures.npz"
IDX = {
    "train": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
SHOWN = 240_000
SPLIT = 0


def mnist(source: Path, data: Path) -> None:
    """Keep the digits of a folder with four IDX files."""
    found = {name: idx(source / file) for name, file in IDX.items()}
    digits = {name: found[name][..., None] for name in ("train", "test")}
    np.savez(data / PICTURES, **(found | digits))


def idx(path: Path) -> NDArray[np.uint8]:
    """The bytes of an IDX file in their shape."""
    data = path.read_bytes()
    sides = np.frombuffer(data, ">u4", data[3], 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(sides.tolist())


def emoji(source: Path, data: Path, side: int = 64) -> None:
    """Keep the pictures of a folder in colour, on white, parted at random as `compare` does."""
    table = read_data(source, kind="image")[1]
    x = ImageCodec(size=side, channels=3).fit(table).encode(table, seed=SPLIT)
    levels = np.moveaxis(x.array, 1, 3).astype(np.uint8)
    train, chosen, held = parted(len(levels), SPLIT)
    np.savez(data / PICTURES, train=levels[np.r_[train, chosen]], test=levels[held])


class DigitJudge:
    """Judges pictures in the features of a classifier.

    Arguments:
        data: the folder of the arrays; the classifier is kept there too.
    """

    def __init__(self, data: Path) -> None:
        with np.load(data / PICTURES) as file:
            train, test = (upright(file[name]) for name in ("train", "test"))
            labels, right = file["train_labels"].astype(int), file["test_labels"]
        self.features = learn(train, labels, shown=SHOWN, cache=data)
        self.test = self.features(test)
        share = float((self.features.answers(test) == right).mean())
        self.name = f"features: {self.features.name}, right on {share:.2%} of the test pictures"
        self.judge = Featured(self.test[::2], self.test[1::2], self.name, "", share)

    def __call__(self, out: Path, seed: int) -> Figures:
        """Distances and overlaps."""
        with np.load(out / PICTURES) as file:
            found = self.features(upright(file["made"]))
        rng = np.random.default_rng(seed)
        value, floor = frechet_score(found, self.test)
        others = [f for f in self.judge.distances(found, rng) if f.name == "kernel_distance"]
        frechet = {"frechet_distance": {"value": value, "floor": floor}}
        return frechet | kept([*others, *self.judge.overlaps(found, rng)])


class PlainJudge:
    """Judges pictures without classes, in the features of a net that learned to tell turned and damaged forms.

    Arguments:
        data: the folder of the arrays; the net is kept there too.
    """

    def __init__(self, data: Path) -> None:
        with np.load(data / PICTURES) as file:
            train, test = file["train"], file["test"]
        self.judge = PictureJudge(train, test, cache=data)
        self.name = f"features: {self.judge.seer.name}; {len(test):,} test pictures"

    def __call__(self, out: Path, seed: int) -> Figures:
        """Distances, overlaps and copies."""
        with np.load(out / PICTURES) as file:
            return kept(self.judge.figures(file["made"]))


def upright(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures (N, H, W, C) with shape (N, C, H, W)."""
    return np.ascontiguousarray(np.moveaxis(pictures, 3, 1))
