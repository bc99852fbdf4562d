"""The five training principles, each one file."""

from fivefold.families.adversarial import Adversarial
from fivefold.families.autoregressive import Autoregressive
from fivefold.families.diffusion import Diffusion
from fivefold.families.family import Family, Recipe
from fivefold.families.flow import Flow
from fivefold.families.variational import Variational

FAMILIES: dict[str, type[Family]] = {
    family.name: family for family in (Autoregressive, Adversarial, Variational, Flow, Diffusion)
}

__all__ = [
    "FAMILIES",
    "Adversarial",
    "Autoregressive",
    "Diffusion",
    "Family",
    "Flow",
    "Recipe",
    "Variational",
]
