"""What is shown to a net in disguise."""

import pytest
import torch

from fivefold.measures.disguises import damaged, turned


@pytest.mark.parametrize(("height", "width", "forms"), [(4, 4, 8), (4, 6, 4)])
def test_every_turned_form_is_another(height, width, forms):
    picture = torch.arange(float(height * width)).view(1, 1, height, width).expand(200, -1, -1, -1)
    x, which = turned(picture, torch.Generator().manual_seed(0))
    found = {int(form): x[which == form] for form in which.unique()}
    assert sorted(found) == list(range(forms))
    assert all(bool((same == same[0]).all()) for same in found.values())
    assert len({tuple(same[0].flatten().tolist()) for same in found.values()}) == forms


def test_damage_is_what_it_is_called():
    x = torch.randn(400, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    found, which = damaged(x, torch.Generator().manual_seed(0))
    rough = (found[..., 1:] - found[..., :-1]).square().mean((1, 2, 3))
    before = (x[..., 1:] - x[..., :-1]).square().mean((1, 2, 3))
    assert torch.equal(found[which == 0], x[which == 0])
    for damage in (1, 3):
        assert bool((rough[which == damage] < before[which == damage]).all())
    assert (found - x)[which == 2].std() > 0.05
    assert sorted(which.unique().tolist()) == [0, 1, 2, 3]
