"""Candidates: a poor conditional proposal is corrected by the exact joint."""

from typing import Any

import pytest
import torch

from fivefold.families.candidates import resample
from fivefold.families.flow import Flow
from fivefold.spaces import Batch, Condition, Space

JOINT = torch.tensor([[0.4, 0.1], [0.05, 0.45]])


class Coins(Flow):
    """Two coins whose joint is known and whose conditional proposal is fair."""

    def log_prob(self, x: Batch, c: Condition | None = None, **how: Any) -> torch.Tensor:
        if c is not None:
            return torch.full((len(x),), 0.5).log()
        return JOINT[x.discrete[:, 0], x.discrete[:, 1]].log()


@pytest.mark.parametrize(("candidates", "share"), [(1, 0.5), (24, 0.9)])
def test_resampling_moves_the_proposal_to_the_true_conditional(candidates, share) -> None:
    g = torch.Generator().manual_seed(0)
    values = Batch(torch.zeros(4000, 0), torch.ones(4000, 2, dtype=torch.int64))
    c = Condition(values, torch.zeros(0).bool(), torch.tensor([True, False]))

    def propose(many: Condition) -> Batch:
        fair = Batch(torch.zeros(len(many), 0), torch.randint(2, (len(many), 2), generator=g))
        return many.impose(fair)

    found = resample(Coins(Space(None, (2, 2)), width=16), propose, c, candidates, g)
    assert bool((found.discrete[:, 0] == 1).all())
    assert float(found.discrete[:, 1].float().mean()) == pytest.approx(share, abs=0.025)
