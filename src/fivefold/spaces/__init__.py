"""What a datum is."""

from fivefold.spaces.dequantize import Dequantize
from fivefold.spaces.grids import Grids
from fivefold.spaces.sequences import END, Sequences
from fivefold.spaces.space import Batch, Condition, Data, Space

__all__ = ["END", "Batch", "Condition", "Data", "Dequantize", "Grids", "Sequences", "Space"]
