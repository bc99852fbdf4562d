"""A label recalled as one more symbol of a text: the net of masked training as a classifier.

A label is the symbol that a datum begins with: position 0 of a sequence holds what the datum goes on from, and here
that is V + the number of its class, beyond the alphabet. The classifier is asked for it and shown the rest,

    log P(label | x) = log softmax(W [mean_l h_l ; max_l h_l])_label,

with the states h of the net that masked training left. All weights move, at a low rate and for a few epochs.
In training a few of the symbols are hidden at random, which the net knows from before: no text looks alike twice.
A text of several windows is judged by the mean of log P over them, weighed by their symbols.

References:
    Devlin et al., "BERT: pre-training of deep bidirectional Transformers", NAACL 2019, arXiv:1810.04805.
    Sun et al., "How to fine-tune BERT for text classification?", 2019, arXiv:1905.05583.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from fivefold.errors import InputError
from fivefold.families.family import Family, Recipe, Turn
from fivefold.nets.linear import Head
from fivefold.nets.sequences.denoiser import SequenceDenoiser
from fivefold.spaces import Batch, Condition, Sequences, Space

HIDDEN = 0.2


class Classifier(Family):
    """p(label | text) over the net of a denoiser.

    Arguments:
        net: the net, which is trained further.
        classes: how many labels there are.
        hidden: the largest share of symbols that is hidden in training.

    Example:
        >>> net = SequenceDenoiser(Space.sequence(alphabet=5, length=8), width=64, depth=1)
        >>> classifier = Classifier(net, classes=2)
        >>> x = Batch(torch.zeros(3, 0), torch.tensor([[5, 1, 2], [6, 3, 4], [5, 1, 0]]))
        >>> [round(p, 4) for p in classifier.log_prob(x).exp().tolist()]
        [0.5, 0.5, 0.5]
    """

    name: ClassVar[str] = "classifier"
    likelihood: Literal["exact", "bound", "none"] = "exact"
    recipes: ClassVar[Mapping[str, Recipe]] = {
        "sequence": Recipe(
            epochs=3,
            batch=32,
            optimiser="muon",
            rate=5e-4,
            muon_rate=2e-3,
            ema=0.05,
            conditional=0.0,
        )
    }

    def __init__(self, net: SequenceDenoiser, classes: int, *, hidden: float = HIDDEN) -> None:
        space = Space.sequence(net.space.alphabet + classes, net.space.positions)
        super().__init__(space, classes=classes, hidden=hidden)
        self.net, self.first, self.hidden = net, net.space.alphabet, hidden
        self.head = Head(2 * net.config["width"], classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def losses(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator
    ) -> Iterator[Turn]:
        """One turn: -log P(label | text seen in part)."""
        share = self.hidden * torch.rand(len(x), 1, generator=generator, device=x.device)
        r = torch.rand(x.discrete.shape, generator=generator, device=x.device)
        text, labels = self._parted(x)
        logits = self.logits(text, (r < share) & ~self.net.shown(text, None))
        yield self, nn.functional.cross_entropy(logits, labels, reduction="none")

    @torch.no_grad()
    def sample(
        self, n: int, c: Condition | None = None, *, generator: torch.Generator, **how: Any
    ) -> Batch:
        """The texts that the condition shows, each with a label drawn from P(label | text)."""
        if c is None:
            raise InputError("labels are drawn for texts: show some", code="no-text")
        text, _ = self._parted(c.values)
        labels = self.logits(text).softmax(-1).multinomial(1, generator=generator)
        symbols = torch.cat([self.first + labels, text.discrete[:, 1:]], 1)
        return Batch(text.continuous, symbols, text.lengths)

    @torch.no_grad()
    def log_prob(
        self, x: Batch, c: Condition | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """log P(label | text) with shape (B,)."""
        text, labels = self._parted(x)
        return self.logits(text).log_softmax(-1).gather(1, labels[:, None]).squeeze(1)

    @torch.no_grad()
    def validate(self, x: Batch, generator: torch.Generator) -> float:
        """The mean of -log P(label | text) with nothing hidden."""
        return -float(torch.cat([self.log_prob(part) for part in x.parts(self.net.block)]).mean())

    def logits(self, text: Batch, hidden: Tensor | None = None) -> Tensor:
        """Logits of the labels, with shape (B, classes)."""
        present = text.mask
        states = self.net(text, torch.zeros_like(present) if hidden is None else hidden).float()
        mean = (states * present[..., None]).sum(1) / present.sum(1, keepdim=True)
        most = states.masked_fill(~present[..., None], -torch.inf).amax(1)
        return self.head(torch.cat([mean, most], 1))

    def _parted(self, x: Batch) -> tuple[Batch, Tensor]:
        """The text as it is without its label, and the number of the label, with shape (B,)."""
        symbols = nn.functional.pad(x.discrete[:, 1:], (1, 0))
        return Batch(x.continuous, symbols, x.lengths), x.discrete[:, 0] - self.first


@dataclass(frozen=True)
class Labelled:
    """Windows of texts, of which each begins with the symbol of its label.

    Arguments:
        text: the windows.
        symbols: the symbol of each window's label, int64 with shape (W,).
    """

    text: Sequences
    symbols: Tensor

    def __len__(self) -> int:
        return len(self.text)

    def __getitem__(self, index: slice | Tensor) -> Batch:
        x = self.text[index]
        here = self.symbols[index.cpu() if isinstance(index, Tensor) else index].to(x.device)
        return Batch(x.continuous, torch.cat([here[:, None], x.discrete[:, 1:]], 1), x.lengths)

    @property
    def device(self) -> torch.device:
        """Where batches are."""
        return self.text.device

    def parts(self, size: int) -> Iterator[Batch]:
        """The data in order, in batches of at most this size."""
        return (self[slice(start, start + size)] for start in range(0, len(self), size))

    def digest(self) -> str:
        """A digest of the content."""
        return self.text.digest() + Batch(torch.zeros(0), self.symbols).digest()
