"""The five training principles, each one file."""

from importlib import import_module

from fivefold.families.family import Family, Recipe

FAMILIES: dict[str, type[Family]] = {}
for _name in ("autoregressive", "adversarial", "variational", "flow", "diffusion"):
    try:
        FAMILIES[_name] = getattr(import_module("fivefold.families." + _name), _name.capitalize())
    except ModuleNotFoundError:
        pass
