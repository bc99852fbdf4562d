"""fivefold: bring data, get a generative model that you can defend.

    import fivefold

    print(fivefold.compare("people.csv", minutes=5).text())  # which family to trust
    model = fivefold.fit("people.csv", family="diffusion", out="model")
    table = fivefold.sample(model, 1000)  # an Arrow table
    figures = fivefold.measure(fivefold.read_table("people.csv"), table)

    writer = fivefold.fit("corpus/", kind="text", family="autoregressive")
    texts = fivefold.sample(writer, 20, prompt="Once ", temperature=0.8)

Every name is loaded when it is first used, so that `import fivefold` costs a blink: no PyTorch, no Arrow.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from fivefold.errors import CheckFailedError, FivefoldError, InputError, MissingExtraError

if TYPE_CHECKING:
    from fivefold.codecs.reading import read_data as read_data
    from fivefold.codecs.reading import read_table as read_table
    from fivefold.compare import compare as compare
    from fivefold.drawing import sample as sample
    from fivefold.estimators import GenerativeModel as GenerativeModel
    from fivefold.estimators import fit as fit
    from fivefold.measures import measure as measure
    from fivefold.model import Model as Model
    from fivefold.model import load as load
    from fivefold.scoring import score as score

__version__ = "0.1.0.dev0"

_PLACES = {
    "GenerativeModel": "fivefold.estimators",
    "Model": "fivefold.model",
    "fit": "fivefold.estimators",
    "load": "fivefold.model",
    "measure": "fivefold.measures",
    "read_data": "fivefold.codecs.reading",
    "read_table": "fivefold.codecs.reading",
    "sample": "fivefold.drawing",
    "score": "fivefold.scoring",
}

__all__ = [
    "CheckFailedError",
    "FivefoldError",
    "GenerativeModel",
    "InputError",
    "MissingExtraError",
    "Model",
    "__version__",
    "compare",
    "fit",
    "load",
    "measure",
    "read_data",
    "read_table",
    "sample",
    "score",
]


class _Callable(ModuleType):
    """A module that is called as its function of the same name."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **options)


class _Package(ModuleType):
    """This package: `fivefold.compare` is a folder of modules and can also be called.

    Python binds a submodule to its name in the package whenever it is imported, over anything that stood there.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "compare" and isinstance(value, ModuleType):
            value.__class__ = _Callable
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name == "compare":
        return import_module("fivefold.compare")
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'fivefold' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
