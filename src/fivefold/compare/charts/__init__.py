"""Pictures as SVG text, drawn from aggregates: small, printable, readable by a screen reader."""

from fivefold.compare.charts.bars import distribution
from fivefold.compare.charts.dots import Row, dot_plot
from fivefold.compare.charts.growth import Series, growth
from fivefold.compare.charts.heat import heat_map
from fivefold.compare.charts.lines import loss_curves, quality_curves, sparkline, training_curves

__all__ = [
    "Row",
    "Series",
    "distribution",
    "dot_plot",
    "growth",
    "heat_map",
    "loss_curves",
    "quality_curves",
    "sparkline",
    "training_curves",
]
