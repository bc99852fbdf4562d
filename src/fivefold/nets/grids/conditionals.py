"""What the next number of a grid is, given those before it: a causal net over patches, and small nets inside each.

    p(x | labels) = prod_t p(k_t | k_<t, labels) prod_v p(x_tv | x_t,<v, k_<=t, x_<t, labels)

The net reads patches in raster order: of pictures not the patches themselves but their codes, which of some typical
patches each is nearest to. First it says the code k_t of the next one; small nets then say its numbers one after
another, from what the net found, from the typical patch and from the patches that stand beside it and come before.
Mixtures of logistics say what a number is: of levels where the space has a quantum. Without codes, as for series, the
net reads the numbers, and the small nets have to find in every number what a patch is about.

A patch has one code, so that the product is the probability of a datum drawn together with its codes: at most that of
the datum, and nearly that, where the nets have learned which patches belong to a code. Without codes it is exact.

What a condition shows of the numbers is told beforehand: a block that looks in both directions reads patches of
(x seen, seen), and what it finds is added at each place. A condition that shows the beginning of the raster (the past
of a series) needs none of this: what is asked for is then a conditional of the joint itself.

References:
    Salimans et al., "PixelCNN++", ICLR 2017, arXiv:1701.05517 (mixtures of logistics over levels).
    van den Oord, Vinyals & Kavukcuoglu, "Neural discrete representation learning", NeurIPS 2017, arXiv:1711.00937
        (codes with an autoregressive prior).
    Yu et al., "MEGABYTE: predicting million-byte sequences with multiscale Transformers", NeurIPS 2023,
        arXiv:2305.07185 (a net over patches, and one inside each).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from fivefold.nets.categories import draw
from fivefold.nets.cross_entropy import cross_entropy
from fivefold.nets.decoding import decoding_type
from fivefold.nets.grids.kmeans import KMeans
from fivefold.nets.grids.labels import Labels
from fivefold.nets.grids.patch_heads import PatchHeads
from fivefold.nets.grids.patches import Patches
from fivefold.nets.grids.rasters import Raster
from fivefold.nets.keyvalue import KeyValueMemory, Weights
from fivefold.nets.linear import Head, compute_type
from fivefold.nets.logistics import Scale
from fivefold.nets.transformer import Transformer
from fivefold.spaces import Batch, Condition, Data, Space

HEAD = 64
TOLD, TOGETHER, MOST = 1 << 24, 1_024, 64
"""Numbers of the data that are looked at before training; data drawn side by side; the most numbers of a patch."""
CODES, FEW = 512, 4


@dataclass(frozen=True)
class Patchwork:
    """Grids in patches.

    Arguments:
        y: their numbers, with shape (B, T, V).
        features: what nets are told of them, with shape (B, T, V F).
        codes: the code of each patch, int64 with shape (B, T).
        labels: of the grids, int64 with shape (B, L).
        told: what is told of each patch beforehand, with shape (B, T, d), or None.
    """

    y: Tensor
    features: Tensor
    codes: Tensor
    labels: Tensor
    told: Tensor | None


class GridConditionals(nn.Module):
    """The conditional distributions of a grid's numbers, and of its labels.

    Arguments:
        space: a grid.
        patch: the sides of a patch.
        codes: the number K of typical patches, 0 for none.
        width: the size d of a state.
        depth: the number of blocks.
        heads: of attention.
        reach: how many patches along each side the net's first layer sees at once.
        inner: the hidden size of each number's net.
        components: the number of logistics in a mixture.

    Example:
        >>> space = Space.grid(1, (4, 4), labels=(3,), quantum=0.5)
        >>> conditionals = GridConditionals(space, width=32, depth=1, heads=1)
        >>> x = conditionals.draw(5, generator=torch.Generator().manual_seed(0))
        >>> conditionals.log_prob(x).shape
        torch.Size([5, 17])
    """

    def __init__(
        self,
        space: Space,
        *,
        patch: Sequence[int] | None = None,
        codes: int = 0,
        width: int = 128,
        depth: int = 4,
        heads: int | None = None,
        reach: int = 2,
        inner: int = 32,
        components: int = 6,
    ) -> None:
        super().__init__()
        patch = tuple(patch or (min(2, n) for n in space.extent))
        heads = heads or max(1, width // HEAD)
        self.space = space
        self.config: dict[str, Any] = {
            "patch": list(patch),
            "codes": codes,
            "width": width,
            "depth": depth,
            "heads": heads,
            "reach": reach,
            "inner": inner,
            "components": components,
        }
        self.raster = Raster(space.channels, space.extent, patch, reach)
        V, n = self.raster.volume, self.raster.before.shape[1]
        scale = Scale(space.channels, space.quantum, components)
        F = scale.features(torch.zeros(space.channels)).shape[-1]
        self.near = min(n, self.raster.nearest)
        self.first = Head(n * V * (1 if codes else F), width)
        self.told = Head(V * F + V, width)
        self.places = nn.Embedding(self.raster.count, width)
        self.labels = Labels(space, width)
        self.reader = Transformer(width=width, depth=1, heads=heads)
        self.net = Transformer(width=width, depth=depth, heads=heads)
        self.inner = PatchHeads(scale, V, width + self.near * V * F, self.near * V, inner)
        if codes:
            self.codes = KMeans(codes, V)
            self.names = nn.Embedding(codes, width)
            self.beside = nn.Embedding(codes * self.near, width)
            self.head = Head(width, codes, bias=False)
            nn.init.zeros_(self.head.weight)
        for known in (each for each in self.children() if isinstance(each, nn.Embedding)):
            nn.init.normal_(known.weight, std=0.5)

    @classmethod
    def sized(cls, space: Space, size: float) -> dict[str, Any]:
        """The largest patches of at most 64 numbers, of which there are no fewer than numbers in each.

        Example:
            >>> GridConditionals.sized(Space.grid(1, (28, 28), quantum=0.01), 1.0)
            {'patch': [4, 4], 'codes': 512, 'width': 128, 'inner': 32}
            >>> GridConditionals.sized(Space.grid(12, (96,)), 1.0)
            {'patch': [2], 'codes': 0, 'width': 128, 'inner': 32}
        """
        patch = [1] * len(space.extent)
        for side in (2, 4, 8, 16):
            larger = [min(side, n) for n in space.extent]
            patches = Patches(space.extent, larger)
            if space.channels * patches.volume <= min(MOST, patches.count):
                patch = larger
        volume = space.channels * math.prod(patch)
        return {
            "patch": patch,
            "codes": 0 if space.quantum is None or volume < FEW else CODES,
            "width": 16 * max(1, round(8 * size)),
            "inner": 16 * max(1, round(2 * size)),
        }

    @property
    def likelihood(self) -> Literal["exact", "bound"]:
        """What `log_prob` is."""
        return "bound" if self.config["codes"] else "exact"

    @torch.no_grad()
    def prepare(self, x: Data) -> None:
        """Find where numbers begin and end, what patches are like, and how frequent labels are."""
        rows = min(len(x), max(1, TOLD // self.space.dimensions))
        some = x[torch.linspace(0, len(x) - 1, rows).long()]
        scale = self.inner.scale
        scale.prepare(some.continuous)
        patches = self.raster.cut(some.continuous).flatten(0, 1)
        if self.config["codes"]:
            self.codes.prepare(patches)
            self.inner.prepare(-2 * self.codes.spread, 2 * self.codes.spread)
        elif self.space.quantum is None:
            mean, spread = patches.mean(0), patches.std(0, correction=0)
            self.inner.prepare(mean - 2 * spread, mean + 2 * spread)
        else:
            self.inner.prepare(*scale.range(self.raster.volume))
        self.labels.prepare(some)

    def settle(self, x: Data) -> None:
        """Nothing: what is predicted depends on more than the place."""

    def approximate(self, c: Condition | None) -> bool:
        """Whether a draw under the condition is worth correcting: not where numbers begin the raster, labels known."""
        if c is None or not c.continuous.any():
            return False
        return not (bool(c.discrete.all()) and self._begins(self._seen(c)))

    def log_prob(self, x: Batch, c: Condition | None = None) -> Tensor:
        """log p of the labels as one, of each patch's code where there are codes, of each number; 0 where seen.

        Its shape is (B, 1 + T + D), or (B, 1 + D) without codes.
        """
        kind = compute_type(x.device)
        p = self._patchwork(self.raster.cut(x.continuous), x.discrete, c, kind)
        h = self.states(p)
        found = self.inner.log_prob(*(each.flatten(0, 1) for each in self._known(p, h)))
        found = found.view(p.y.shape)
        parts = [self.labels.log_prob(x, c)[:, None]]
        seen = torch.zeros_like(found, dtype=torch.bool) if c is None else self._seen(c)
        if self.config["codes"]:
            said = cross_entropy(h.flatten(0, 1), self.head.weight, p.codes.flatten())
            parts.append(said.view(p.codes.shape).masked_fill(seen.all(-1), 0.0))
        parts.append(self.raster.join(found.masked_fill(seen, 0.0)).flatten(1))
        return torch.cat(parts, 1)

    def states(self, p: Patchwork) -> Tensor:
        """What the net finds before each patch, with shape (B, T, d)."""
        found: Tensor = self.net(self._tokens(p))
        return found

    @torch.no_grad()
    def draw(
        self,
        n: int,
        c: Condition | None = None,
        *,
        generator: torch.Generator,
        temperature: float = 1.0,
    ) -> Batch:
        """n grids, labels first, then number after number; what the condition shows of them is kept.

        Arguments:
            n: how many.
            c: what is seen.
            generator: the randomness.
            temperature: what the logits of codes are divided by, and how far numbers are strewn; labels keep theirs.
        """
        parts = [
            self._draw(
                min(TOGETHER, n - start), c and c[start : start + TOGETHER], generator, temperature
            )
            for start in range(0, n, TOGETHER)
        ]
        return Batch.cat(parts)

    def _draw(
        self, n: int, c: Condition | None, generator: torch.Generator, temperature: float
    ) -> Batch:
        device, kind = self.places.weight.device, decoding_type(n, self.places.weight.device)
        y = torch.zeros(n, self.raster.count, self.raster.volume, device=device)
        seen = ~self.raster.present.to(device).expand_as(y)
        if c is not None:
            seen = self._seen(c).expand_as(y)
            y = self.raster.cut(c.values.continuous) * seen
        p = self._patchwork(y, self.labels.draw(n, c, generator), c, kind)
        memory = KeyValueMemory(Weights(self.net, kind), n, self.raster.count)
        for t in range(self.raster.count):
            h = memory.extend(self._tokens(p, t), t)
            whole = seen[:, t].all(-1)
            if self.config["codes"]:
                drawn = draw(self.head(h)[:, 0].float() / temperature, generator)
                p.codes[:, t] = torch.where(whole, p.codes[:, t], drawn)
            if not whole.all():
                known, _, numbers, beside, centre = (each[:, 0] for each in self._known(p, h, t))
                p.y[:, t] = self.inner.draw(
                    known, numbers, seen[:, t], beside, centre, generator, temperature
                )
                p.features[:, t] = self.inner.scale.features(p.y[:, t]).flatten(1).to(kind)
        return Batch(self.raster.join(p.y), p.labels)

    def _patchwork(
        self, y: Tensor, labels: Tensor, c: Condition | None, kind: torch.dtype
    ) -> Patchwork:
        features = self.inner.scale.features(y).flatten(2).to(kind)
        codes = self.codes(y) if self.config["codes"] else labels.new_zeros(y.shape[:2])
        return Patchwork(y, features, codes, labels, self._told(c, kind))

    def _tokens(self, p: Patchwork, t: int | None = None) -> Tensor:
        """What the net reads before each patch, or before patch t alone: (B, T, d) or (B, 1, d)."""
        which = slice(t, None if t is None else t + 1)
        e = self.places.weight[which] + self.labels(p.labels)[:, None]
        if self.config["codes"]:
            beside, names = self._codes(p.codes, t)
            e = e + names
        else:
            beside = self.raster.beside(p.features, t)
        e = e.to(p.features) + self.first(beside.to(p.features))
        return e if p.told is None else e + p.told[:, which]

    def _codes(self, codes: Tensor, t: int | None) -> tuple[Tensor, Tensor]:
        """The typical patches beside each patch, (B, T, n V), and what those that touch it stand for, (B, T, d)."""
        which, outside = self.raster.neighbours(t, codes.device)
        found, outside = codes[:, which], outside[..., None]
        centres = self.codes.centres[found].masked_fill(outside, 0.0)
        index = found[..., : self.near] + self.codes.count * torch.arange(self.near).to(codes)
        names = self.beside(index).masked_fill(outside[:, : self.near], 0.0)
        return centres.flatten(2), names.sum(2)

    def _known(self, p: Patchwork, h: Tensor, t: int | None = None) -> tuple[Tensor, ...]:
        """What the small nets take: of all patches, or of patch t alone.

        With codes, what the net found is taken as it is: its weights learn from codes.
        """
        which = slice(t, None if t is None else t + 1)
        y, near = p.y[:, which], self.near
        centre = torch.zeros_like(y)
        if self.config["codes"]:
            codes = p.codes[:, which]
            h, centre = h.detach() + self.names(codes).to(h.dtype), self.codes.centres[codes]
        known = torch.cat([h, self.raster.beside(p.features, t, near)], -1)
        return known, p.features[:, which], y, self.raster.beside(p.y, t, near), centre

    def _told(self, c: Condition | None, kind: torch.dtype) -> Tensor | None:
        """What a condition shows of the numbers, as states (B, T, d); None where it need not be said beforehand."""
        seen = None if c is None else self._seen(c)
        if c is None or seen is None or self._begins(seen):
            return None
        y = self.raster.cut(c.values.continuous)
        seen = seen & self.raster.present.to(seen.device)
        parts = torch.cat(
            [(self.inner.scale.features(y) * seen[..., None]).flatten(2), seen.expand_as(y)], -1
        )
        found: Tensor = self.reader(
            self.told(parts.to(kind)) + self.places.weight.to(kind), causal=False
        )
        return found

    def _seen(self, c: Condition) -> Tensor:
        """Which numbers are seen, bool with shape (B or 1, T, V); what overhangs the grid is."""
        own = c.continuous.dim() == c.values.continuous.dim()
        seen = self.raster.cut((c.continuous if own else c.continuous[None]).float()) > 0
        return seen | ~self.raster.present.to(seen.device)

    def _begins(self, seen: Tensor) -> bool:
        """Whether what is seen begins the raster; where patches have codes, whether it is whole patches."""
        if self.config["codes"]:
            some = (seen & self.raster.present.to(seen.device)).any(-1)
            order = seen.all(-1)
            return bool((some == order).all() and (order.cummin(1).values == order).all())
        order = seen[:, self.raster.present.to(seen.device)]
        return bool((order.cummin(1).values == order).all())
