"""Sequences as rows of numbers: codes of a fixed capacity, from which an autoencoder finds the sequences again.

Codes are noisy, and nearly N(0, I) taken together (`sequences.codes`): what a generator makes is never far from
what the decoder has seen, and real and made codes are not told apart by a surface. What a code does not say, the
decoder's own knowledge of the language fills in.

References:
    Zhao et al., "Adversarially regularized autoencoders", ICML 2018, arXiv:1706.04223 (a game between codes).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from fivefold.nets.row_game import RowGame
from fivefold.nets.sequences.causal import HEAD
from fivefold.nets.sequences.codes import SequenceDecoder, SequenceEncoder, prompted
from fivefold.nets.sequences.ngrams import ngram_distance
from fivefold.spaces import Batch, Condition, Data, Space

STATE, BLOCKS = 128, 3
CANDIDATES = 16
JUDGED, FEWEST, MOST = 2**14, 32, 512


class SequenceRows(nn.Module):
    """Sequences as rows of numbers.

    Arguments:
        space: a sequence space.
        latent: the size d of a code.
        nats: the capacity F of a code.
        state: the size of a state of encoder and decoder.
        blocks: the number of the decoder's blocks.
        reading: the number of the encoder's blocks.

    Example:
        >>> rows = SequenceRows(Space.sequence(5, length=8), state=64, blocks=1, reading=1)
        >>> g = torch.Generator().manual_seed(0)
        >>> x = Batch(torch.zeros(3, 0), torch.tensor([[0, 4, 2, 0]] * 3))
        >>> len(rows.decode(rows.encode(x, g), None, g))
        3
    """

    def __init__(
        self,
        space: Space,
        *,
        latent: int = 64,
        nats: float = 24.0,
        state: int = STATE,
        blocks: int = BLOCKS,
        reading: int = 2,
    ) -> None:
        super().__init__()
        config = {"latent": latent, "nats": nats, "state": state, "blocks": blocks}
        self.config: dict[str, Any] = {**config, "reading": reading}
        self.positions = space.positions
        self.space = Space((latent,))
        self.game = RowGame(self.space)
        self.encoder = SequenceEncoder(space, width=state, depth=reading, latent=latent, nats=nats)
        self.decoder = SequenceDecoder(space, latent=latent, width=state, depth=blocks)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """Heads of 64; the depth grows with the root of the size."""
        state = HEAD * max(1, round(size * STATE / HEAD))
        return {"state": state, "blocks": max(2, round(BLOCKS * size**0.5))}

    def prepare(self, x: Data) -> None:
        """Nothing: the first prediction is uniform."""

    def turns(
        self, x: Batch, c: Condition | None, generator: torch.Generator
    ) -> Iterator[tuple[nn.Module, Tensor]]:
        """One turn: how hard it is to find the data again from their codes, in nats."""
        yield self, -self.decoder.log_prob(self._code(x, generator), x)

    @torch.no_grad()
    def encode(self, x: Batch, generator: torch.Generator) -> Batch:
        """The data's codes, noise and all."""
        return Batch(self._code(x, generator), x.discrete[:, :0])

    def decode(
        self, y: Batch, c: Condition | None, generator: torch.Generator, **how: Any
    ) -> Batch:
        """A sequence of each code, which goes on from what the condition shows."""
        return self.decoder.draw(y.continuous, c, generator=generator, **how)

    def given(self, c: Condition | None) -> None:
        """Nothing: no part of a code is a part of the sequence."""
        return

    def asked(self, n: int, k: int, c: Condition | None, generator: torch.Generator) -> None:
        """Nothing, as in training."""
        return

    def candidates(self, c: Condition | None) -> int:
        """Several, where there is a prompt that they may fit or not."""
        return CANDIDATES if prompted(c) else 1

    def agreement(self, y: Batch, c: Condition | None) -> Tensor:
        """log p(x_S | z): how well several codes for each datum of a condition fit its prompt."""
        if c is None or not prompted(c):
            return y.continuous.new_zeros(len(y))
        z = y.continuous.unflatten(0, (len(c), -1))
        return self.decoder.agreement(z, c).flatten()

    def judged(self, x: Batch) -> int:
        """As many as have some thousands of symbols together."""
        return max(FEWEST, min(MOST, JUDGED // self.positions))

    def distance(self, x: Batch, made: Batch, generator: torch.Generator) -> float:
        """The distance of the frequencies of one, two and three symbols in a row."""
        return ngram_distance(x, made)

    def _code(self, x: Batch, generator: torch.Generator) -> Tensor:
        mu, sigma = self.encoder(x)
        return mu + sigma * torch.randn(mu.shape, generator=generator, device=mu.device)
