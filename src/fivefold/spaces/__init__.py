"""What a datum is."""

from fivefold.spaces.dequantize import Dequantize
from fivefold.spaces.space import Batch, Condition, Space

__all__ = ["Batch", "Condition", "Dequantize", "Space"]
