"""One thread for the measures, so that the processor seconds they report are honest.

Boosting and matrix products spread over all cores by themselves; on few rows most of that time is spent waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

P = ParamSpec("P")
T = TypeVar("T")


def one_thread(function: Callable[P, T]) -> Callable[P, T]:
    """The function, run with one thread in OpenMP and in the linear algebra."""

    @wraps(function)
    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        with threadpool_limits(1):
            return function(*args, **kwargs)

    return alone
