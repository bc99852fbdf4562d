"""From a model to what is wanted of it: samples, gaps filled, ways between data, forecasts."""

from fivefold.drawing.sampling import sample

__all__ = ["sample"]
