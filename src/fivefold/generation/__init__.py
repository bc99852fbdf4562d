"""Writing on from prompts: text by text or piece by piece, under rules, reproducibly, and fast."""

from fivefold.generation.constraints import Constraint
from fivefold.generation.engine import Engine, Piece, Settings
from fivefold.generation.requests import ENGINES, generate, stream
from fivefold.generation.rows import Generation
from fivefold.generation.translated import TranslatedEngine

__all__ = [
    "ENGINES",
    "Constraint",
    "Engine",
    "Generation",
    "Piece",
    "Settings",
    "TranslatedEngine",
    "generate",
    "stream",
]
