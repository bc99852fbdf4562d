"""Writing on from prompts: text by text or piece by piece, under rules, reproducibly, and fast."""

from fivefold.generation.constraints import Constraint
from fivefold.generation.engine import Engine, Generation, Piece, Settings
from fivefold.generation.requests import generate, stream

__all__ = ["Constraint", "Engine", "Generation", "Piece", "Settings", "generate", "stream"]
