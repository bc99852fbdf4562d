"""What a datum is."""

from fivefold.spaces.space import Batch, Condition, Space

__all__ = ["Batch", "Condition", "Space"]
