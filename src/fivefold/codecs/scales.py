"""Scales that are ordered by what their words mean, recognised only when no word is left over."""

from __future__ import annotations

import re
from itertools import pairwise

PAIRS = (
    ("false", "true"),
    ("no", "yes"),
    ("n", "y"),
    ("f", "t"),
    ("off", "on"),
    ("0", "1"),
)
"""The words of a boolean, the false one first. `f` and `t` are not `female` and `male`: those are categories."""

SCALES = (
    ("very low", "low", "medium", "high", "very high"),
    ("very low", "low", "moderate", "high", "very high"),
    ("low", "mid", "high"),
    ("very small", "small", "medium", "large", "very large"),
    ("tiny", "small", "medium", "large", "huge"),
    ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("strongly disagree", "disagree", "neither agree nor disagree", "agree", "strongly agree"),
    ("very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("never", "seldom", "sometimes", "usually", "always"),
    ("very poor", "poor", "fair", "good", "very good", "excellent"),
    ("terrible", "bad", "average", "good", "excellent"),
    ("fair", "good", "very good", "premium", "ideal"),
    ("none", "mild", "moderate", "severe", "critical"),
    ("low", "medium", "high", "critical"),
    ("beginner", "intermediate", "advanced", "expert"),
    ("bronze", "silver", "gold", "platinum"),
    ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        (
            *("january", "february", "march", "april", "may", "june", "july", "august"),
            *("september", "october", "november", "december"),
        ),
    ),
)

RANGE = re.compile(
    r"[(\[]?(?P<low>-?\d+(?:\.\d+)?)\s*(?:-|–|to|,)\s*(?P<high>-?\d+(?:\.\d+)?)[)\]]?"
)
UNDER = re.compile(r"(?:<=?|under |below |less than |up to )\s*(?P<high>\d+(?:\.\d+)?)", re.I)
OVER = re.compile(r"(?:>=?|over |above |more than )\s*(?P<low>\d+(?:\.\d+)?)", re.I)
PLUS = re.compile(r"(?P<low>\d+(?:\.\d+)?)\s*(?:\+|and over|or more|and above)", re.I)
NUMBERED = re.compile(r"(?P<low>\d{1,2})[.):]?[ _-]+[A-Za-z].*")


def scale_of(words: list[str]) -> tuple[str, ...] | None:
    """The words in their order, if they make a scale.

    Arguments:
        words: the distinct words of a column.

    Returns:
        All of the words, lowest first; None unless every one of them belongs to one scale.

    Example:
        >>> scale_of(["high", "low", "medium"])
        ('low', 'medium', 'high')
        >>> scale_of(["20-29", "10-19", "70+"])
        ('10-19', '20-29', '70+')
        >>> scale_of(["red", "green"]) is None
        True
    """
    if len(words) < 3:
        return None
    lowered = {word.strip().lower().replace("_", " "): word for word in words}
    if len(lowered) == len(words):
        for scale in SCALES:
            if lowered.keys() <= set(scale):
                return tuple(lowered[step] for step in scale if step in lowered)
    return _ranges(words) or _numbered(words)


def _ranges(words: list[str]) -> tuple[str, ...] | None:
    """Ranges that do not overlap, such as ages, with at most one open range at either end."""
    places: list[tuple[float, float, str]] = []
    for word in words:
        bare = word.strip().replace("$", "").replace("%", "").removesuffix(" years")
        if match := RANGE.fullmatch(bare):
            places.append((float(match["low"]), float(match["high"]), word))
        elif match := UNDER.fullmatch(bare):
            places.append((float("-inf"), float(match["high"]), word))
        elif match := OVER.fullmatch(bare) or PLUS.fullmatch(bare):
            places.append((float(match["low"]), float("inf"), word))
        else:
            return None
    places.sort()
    closed = all(low <= high for low, high, _ in places)
    apart = all(a[1] <= b[0] for a, b in pairwise(places))
    return tuple(word for _, _, word in places) if closed and apart else None


def _numbered(words: list[str]) -> tuple[str, ...] | None:
    """Words with running numbers before them, such as `1 - poor`, `2 - fair`."""
    found = [NUMBERED.fullmatch(word.strip()) for word in words]
    numbers = [int(match["low"]) for match in found if match]
    if len(numbers) < len(words) or len(set(numbers)) < len(words):
        return None
    if max(numbers) - min(numbers) >= len(words) + 2:
        return None
    return tuple(word for _, word in sorted(zip(numbers, words, strict=True)))
