"""What a model that fills in blanks has understood of its data: blanks filled, texts as points, texts told apart."""

from fivefold.understanding.classifying import Classified, classify
from fivefold.understanding.embedding import embed
from fivefold.understanding.filling import Filling, fill

__all__ = ["Classified", "Filling", "classify", "embed", "fill"]
