"""Weights too large for one device: every process keeps a slice of each, and gathers it where a net reads it.

    torchrun --nproc-per-node 2 -m fivefold fit corpus/ --shard --out model

As in FSDP2 each weight is a DTensor cut along its first dimension, and so are its gradient, its moments and its
averages. A weight that is read from its module is whole for that use; its gradient is summed over the processes and
cut again on the way back. This is a property of weights, not a hook of some `forward`: families take gradients as
they like, nets read weights where they like, and neither knows of it.

Left out: forgetting a gathered weight between the passes forward and back. A step holds the weights once, beside
this process's slices of all that is kept between steps.

References:
    Rajbhandari et al., "ZeRO: memory optimizations toward training trillion parameter models", SC 2020,
        arXiv:1910.02054.
    Zhao et al., "PyTorch FSDP: experiences on scaling fully sharded data parallel", VLDB 2023, arXiv:2304.11277.
    Zhang et al., "SimpleFSDP: simpler fully sharded data parallel with torch.compile", 2024, arXiv:2411.00284.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from torch import Tensor, nn
from torch import distributed as together

from fivefold.errors import InputError

ORIGIN = "fivefold_origin"


def shard(net: nn.Module) -> None:
    """Cut every parameter into slices, one a process, in place; all processes do this together.

    Arguments:
        net: the same in every process; the first one's weights are taken.

    Raises:
        InputError: where the net is recurrent, for such a one keeps its weights in one piece of memory.
    """
    if any(isinstance(module, nn.RNNBase) for module in net.modules()):
        raise InputError(
            "the weights of a recurrent net cannot be cut",
            hint="leave --shard out, or choose the transformer",
            code="option",
        )
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import Replicate, Shard, distribute_tensor

    mesh = init_device_mesh(next(net.parameters()).device.type, (together.get_world_size(),))

    def cut(p: nn.Parameter) -> Tensor:
        return distribute_tensor(p.detach(), mesh, [Shard(0) if p.dim() else Replicate()])

    _replace(net, cut)
    for module in net.modules():
        if names := tuple(module._parameters):
            module.__class__ = _gathering(type(module), names)  # type: ignore[arg-type]


def gather(net: nn.Module) -> None:
    """Make every parameter whole again, in place: the inverse of `shard`."""
    _replace(net, lambda p: whole(p.detach()))
    for module in net.modules():
        module.__class__ = getattr(type(module), ORIGIN, type(module))


def held(tensor: Tensor) -> bool:
    """Whether this process has only a slice of a tensor."""
    return hasattr(tensor, "full_tensor")  # no other has this; its class takes a second to import


def whole(tensor: Tensor) -> Tensor:
    """All of a tensor, of which this process may hold a slice; all processes ask for it together.

    Example:
        >>> import torch
        >>> whole(torch.ones(2))
        tensor([1., 1.])
    """
    return tensor.full_tensor() if held(tensor) else tensor  # type: ignore[attr-defined]


def slice_of(tensor: Tensor, like: Tensor) -> Tensor:
    """What this process holds of a whole tensor where another of its shape is cut; a tensor as it is elsewhere.

    Example:
        >>> import torch
        >>> slice_of(torch.zeros(2), torch.ones(2))
        tensor([0., 0.])
    """
    if not held(like) or tensor.shape != like.shape:
        return tensor
    from torch.distributed.tensor import DTensor, Replicate

    cut: Any = like
    everywhere = DTensor.from_local(tensor, cut.device_mesh, [Replicate()], run_check=False)
    return everywhere.redistribute(placements=cut.placements)


def _replace(net: nn.Module, change: Callable[[nn.Parameter], Tensor]) -> None:
    """Put another tensor in the place of every parameter; what is tied stays tied."""
    made: dict[nn.Parameter, nn.Parameter] = {}
    for module in net.modules():
        for name, p in module._parameters.items():
            if p is not None:
                if p not in made:
                    made[p] = nn.Parameter(change(p), requires_grad=p.requires_grad)
                module._parameters[name] = made[p]


@cache
def _gathering(kind: type[nn.Module], names: tuple[str, ...]) -> type[nn.Module]:
    """The class of modules like these, but that their weights are whole when they are read."""
    reading: dict[str, Any] = {name: property(partial(_read, name)) for name in names}
    return type(f"Sharded{kind.__name__}", (kind,), {ORIGIN: kind, **reading})


def _read(name: str, module: nn.Module) -> Tensor | None:
    from torch.distributed.tensor import Partial, Replicate

    parameter: Any = module._parameters[name]
    if parameter is None:
        return parameter
    everywhere = parameter.redistribute(placements=[Replicate()])
    found: Tensor = everywhere.to_local(grad_placements=[Partial()])
    return found
