"""What a datum is, and the two bridges between its sorts of variable."""

from fivefold.spaces.quantize import Quantize
from fivefold.spaces.space import Batch, Condition, Space

__all__ = ["Batch", "Condition", "Quantize", "Space"]
