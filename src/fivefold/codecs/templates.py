r"""Lines of a log as templates and parameters: what a program prints again and again is one symbol.

    Jun 21 16:47:48 host sshd[13709]: Failed password for root from 10.0.0.7
    \____________ one symbol: "* * * host sshd[*]: Failed password for root from *" ____________/

Templates are found by Drain. A line is the symbol of its template, then its parameters, spelt in bytes with one symbol
between two of them. A line of no known template is template 1, which is all parameter: so every line can be written,
and what is decoded is always what was encoded.

References:
    He, Zhu, Zheng & Lyu, "Drain: an online log parsing approach with fixed depth tree", ICWS 2017.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
import pyarrow as pa

from fivefold.codecs.alphabets import Alphabet, utf8
from fivefold.errors import MissingExtraError

HOLE = "\ue000"
"""What stands for a parameter while templates are looked for: a character for private use."""
VARIABLE = re.compile(
    r"^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b|\d+(?:[.:]\d+)+|0x[0-9a-fA-F]+|\d+"
)
FEWEST = 3
"""How many lines a template has to have."""
MOST = 5_000
SEEN = 200_000
"""How many lines templates are looked for in, spread evenly."""


class Templates(Alphabet):
    """Templates, the mark between two parameters, and bytes.

    Arguments:
        forms: the templates, each as the texts around its parameters: k + 1 texts for k parameters.

    Example:
        >>> alphabet = Templates([("took ", " s")])
        >>> alphabet.encode("took 7 s"), alphabet.decode([2, 59, 60])
        ([2, 59], 'took 78 s')
        >>> alphabet.decode(alphabet.encode("what?"))
        'what?'
    """

    name = "templates"

    def __init__(self, forms: Sequence[Sequence[str]]) -> None:
        self.forms = [("", ""), *(tuple(form) for form in forms)]
        self.mark = len(self.forms) + 1
        self._homes: dict[tuple[int, int, str], list[int]] = {}
        order = sorted(range(1, len(self.forms)), key=lambda t: -sum(map(len, self.forms[t])))
        for template in order:
            self._homes.setdefault(_home(self.forms[template]), []).append(template)

    @classmethod
    def fit(cls, texts: pa.ChunkedArray, symbols: int | None = None) -> Self:
        """The templates of which there are enough lines."""
        rows = np.linspace(0, len(texts) - 1, min(len(texts), SEEN)).astype(np.int64)
        lines = [line for line in texts.take(pa.array(rows)).to_pylist() if line]
        room = MOST if symbols is None else max(0, symbols - 259)
        counts = Counter(_mined(lines))
        often = [form for form, count in counts.most_common(room) if count >= FEWEST]
        alphabet = cls(sorted(often))
        shown = sum(counts[form] for form in often) / max(1, len(lines))
        alphabet.notice = f"{len(often):,} templates write {shown:.0%} of the lines"
        return alphabet

    @property
    def size(self) -> int:
        """The templates, the mark, the bytes and the end."""
        return self.mark + 257

    def encode(self, text: str) -> list[int]:
        """The symbols of a line."""
        template, parameters = self._matched(text)
        found = [template + 1]
        for number, parameter in enumerate(parameters):
            found += [self.mark] if number else []
            found += [self.mark + 1 + byte for byte in utf8(parameter)]
        return found

    def _matched(self, line: str) -> tuple[int, list[str]]:
        """The template of a line that says most of it, and its parameters."""
        words = line.split()
        homes = [(len(words), -1, ""), *((len(words), n, word) for n, word in enumerate(words))]
        known = [template for home in homes for template in self._homes.get(home, ())]
        best: tuple[int, int, list[str]] = (0, 0, [line])
        for template in known:
            form = self.forms[template]
            size = sum(map(len, form))
            if size > best[0] and (parameters := fitted(form, line)) is not None:
                best = (size, template, parameters)
        return best[1], best[2]

    def decode(self, symbols: Sequence[int]) -> str:
        """The line of symbols; missing parameters are empty, too many go to the end."""
        lines: list[str] = []
        form: tuple[str, ...] = self.forms[0]
        held: list[bytearray] = []
        for symbol in symbols:
            if symbol < self.mark:
                lines.append(_filled(form, held) if held else "")
                form, held = self.forms[symbol - 1], [bytearray()]
            else:
                held = held or [bytearray()]
                if symbol == self.mark:
                    held.append(bytearray())
                else:
                    held[-1].append(symbol - self.mark - 1)
        return "".join([*lines, _filled(form, held) if held else ""])

    def to_dict(self) -> dict[str, Any]:
        """The templates."""
        return {"name": self.name, "forms": [list(form) for form in self.forms[1:]]}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """The alphabet again."""
        forms = state["forms"]
        if not isinstance(forms, list) or not all(_is_form(form) for form in forms):
            raise ValueError("a template must be a list of texts")
        return cls(forms)


def fitted(form: Sequence[str], line: str) -> list[str] | None:
    """The parameters that make the line out of a template, each without a blank; None where there are none.

    Example:
        >>> fitted(("sshd[", "]: for ", ""), "sshd[12]: for root")
        ['12', 'root']
    """
    if not line.startswith(form[0]) or not line.endswith(form[-1]):
        return None
    if len(form) == 1:
        return [] if line == form[0] else None
    found: list[str] = []
    place, last = len(form[0]), len(line) - len(form[-1])
    for text in form[1:-1]:
        start = line.find(text, place, last)
        if start < 0:
            return None
        found.append(line[place:start])
        place = start + len(text)
    if place > last:
        return None
    found.append(line[place:last])
    return found if not any(len(parameter.split(None, 1)) > 1 for parameter in found) else None


def _filled(form: Sequence[str], held: Sequence[bytearray]) -> str:
    """A template with its parameters."""
    words = [bytes(parameter).decode(errors="replace") for parameter in held]
    holes = len(form) - 1
    words = (words + [""] * holes)[:holes] if holes else []
    parts = [text for pair in zip(form, words, strict=False) for text in pair]
    return "".join([*parts, form[-1]])


def _home(form: Sequence[str]) -> tuple[int, int, str]:
    """Where a template is looked for: how many words it has, and its longest word without a parameter."""
    words = HOLE.join(form).split()
    whole = [(len(word), -n) for n, word in enumerate(words) if HOLE not in word]
    if not whole:
        return len(words), -1, ""
    place = -max(whole)[1]
    return len(words), place, words[place]


def _is_form(form: Any) -> bool:
    return isinstance(form, list) and bool(form) and all(isinstance(text, str) for text in form)


def _mined(lines: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The template of each line that has one, as Drain finds them, with the blanks of the line."""
    try:
        from drain3.drain import Drain
    except ImportError as fault:
        raise MissingExtraError("drain3", "events", "templates of log lines") from fault
    drain = Drain(param_str=HOLE)
    masked = [VARIABLE.sub(HOLE, line) for line in lines if HOLE not in line]
    clusters = [drain.add_log_message(" ".join(line.split()))[0] for line in masked]
    for line, cluster in zip(masked, clusters, strict=True):
        words = iter(cluster.log_template_tokens)
        pieces = re.split(r"(\s+)", line)
        text = "".join(next(words) if piece and not piece.isspace() else piece for piece in pieces)
        form = tuple(re.sub(f"{HOLE}+", HOLE, text).split(HOLE))
        if any(text.strip() for text in form):
            yield form


def without_drain() -> bool:
    """Whether Drain is not installed."""
    try:
        import drain3  # noqa: F401
    except ImportError:
        return True
    return False
