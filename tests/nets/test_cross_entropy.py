"""log p of symbols: the value and the gradient of PyTorch's, in portions of any size."""

import pytest
import torch
from torch.nn import functional

from fivefold.nets import cross_entropy as module
from fivefold.nets.cross_entropy import cross_entropy


@pytest.mark.parametrize("portion", [1, 20, 10_000])
def test_log_p_and_its_gradient_do_not_depend_on_the_portion(portion, monkeypatch) -> None:
    monkeypatch.setattr(module, "PORTION", portion)
    g = torch.Generator().manual_seed(0)
    h = torch.randn(13, 5, generator=g, requires_grad=True)
    w = torch.randn(7, 5, generator=g, requires_grad=True)
    t, by = torch.randint(0, 7, (13,), generator=g), torch.randn(13, generator=g)
    plain = -functional.cross_entropy(h @ w.T, t, reduction="none")
    found = cross_entropy(h, w, t)
    torch.testing.assert_close(found, plain)
    for a, b in zip(
        torch.autograd.grad(found, [h, w], by), torch.autograd.grad(plain, [h, w], by), strict=True
    ):
        torch.testing.assert_close(a, b)


def test_states_in_bfloat16_give_sums_in_float32() -> None:
    h, w = torch.randn(4, 8, dtype=torch.bfloat16), torch.randn(300, 8)
    found = cross_entropy(h, w, torch.arange(4))
    plain = -functional.cross_entropy(h.float() @ w.T, torch.arange(4), reduction="none")
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, plain, rtol=0, atol=0.1)
