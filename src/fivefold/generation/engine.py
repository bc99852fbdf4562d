"""The engine: prompts are read side by side, and written on symbol by symbol until each text is whole.

A row is a prompt and what is written after it. Every turn reads the symbols of all rows that the model has not seen yet
(first the prompt, then the newest symbol and the guesses that follow it) and draws from what it predicts. Place i of
row r is drawn by noise that depends on (seed, r, i) alone, so that a text does not depend on those beside it, on the
guesses, or on whether it is streamed.

Beyond the model's context the window moves on: the last half is read again as a beginning, which is how the model saw
long texts in training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import torch
from torch import Tensor

from fivefold.codecs.sequences import SequenceCodec
from fivefold.errors import InputError
from fivefold.families import Family
from fivefold.families.writing import writer
from fivefold.generation.constraints import Constraint, Grammar
from fivefold.generation.lookup import MOST, Lookup
from fivefold.generation.rows import Generation, Row, without_ended
from fivefold.generation.texts import Text
from fivefold.nets.choices import NEVER, Choice
from fivefold.nets.decoding import Memory, decoding_type
from fivefold.seeds import seeded
from fivefold.spaces import END

ROWS = 64
"""So many rows are written side by side."""


@dataclass(frozen=True)
class Settings:
    """How texts are written.

    Arguments:
        max_symbols: the most symbols after a prompt; None for as many as the context holds.
        choice: how a symbol is chosen.
        stop: strings that end a text and are left out of it.
        seed: of all randomness.
        constraint: what a text must be, or None.
        speculate: whether to guess ahead; the texts are the same.
        log_probs: whether to keep the model's log-probability of each symbol, before any choice or constraint.
    """

    max_symbols: int | None = None
    choice: Choice = field(default_factory=Choice)
    stop: tuple[str, ...] = ()
    seed: int = 0
    constraint: Constraint | None = None
    speculate: bool = False
    log_probs: bool = False

    def __post_init__(self) -> None:
        if self.max_symbols is not None and self.max_symbols < 1:
            raise InputError(
                f"max_symbols is {self.max_symbols}", hint="give 1 or more", code="choice"
            )


@dataclass(frozen=True)
class Piece:
    """A piece of a text that is being written.

    Arguments:
        number: which prompt it belongs to.
        text: the piece, of whole characters; may be empty where the text ends.
        finished: empty, or why the text has ended with this piece.
    """

    number: int
    text: str
    finished: str = ""


class Engine:
    """A model laid out for writing; make it once, use it often.

    Arguments:
        family: an autoregressive model or a flow over sequences; its weights are copied.
        codec: what its symbols mean.
        dtype: the type in which to compute; what is fastest for one row if None: on a processor float32. With bfloat16
            a larger model writes many rows up to twice as fast, and rounding may now and then change a symbol.

    Example:
        >>> import pyarrow as pa
        >>> from fivefold.codecs.sequences import SequenceCodec
        >>> from fivefold.families import Autoregressive
        >>> codec = SequenceCodec(alphabet="bytes").fit(pa.table({"text": ["to be or not"]}))
        >>> engine = Engine(Autoregressive(codec.space, width=64, depth=1), codec)
        >>> found = engine.generate(["to", "not"], Settings(max_symbols=3))
        >>> [g.prompt for g in found]
        ['to', 'not']
    """

    def __init__(
        self, family: Family, codec: SequenceCodec, dtype: torch.dtype | None = None
    ) -> None:
        net = writer(family)
        if net is None:
            raise InputError(
                f"the {family.name} family over {family.space.sort} does not write one symbol after another",
                hint="models of tables and of other families are sampled from; autoregressive ones of texts write",
                code="no-generation",
            )
        self.codec, self.context = codec, family.space.positions
        self.device = next(family.parameters()).device
        self.decoder = net.decoder(dtype or decoding_type(1, self.device))

    def generate(self, prompts: Sequence[str], settings: Settings) -> list[Generation]:
        """What is written after each prompt, in their order.

        Arguments:
            prompts: texts to go on from; "" begins anew.
            settings: how.

        Returns:
            One generation a prompt; an InputError where a prompt is longer than the context.
        """
        rows = self._rows(prompts, settings)
        with torch.inference_mode():
            for block in self._blocks(rows):
                memory = self._begin(block, settings)
                while block:
                    self._turn(block, memory, settings)
                    block = without_ended(block, memory)
        return [row.generation() for row in rows]

    def stream(self, prompts: Sequence[str], settings: Settings) -> Iterator[Piece]:
        """The texts as they grow, a piece of any of them at a time.

        Arguments:
            prompts: texts to go on from.
            settings: how.
        """
        for block in self._blocks(self._rows(prompts, settings)):
            for rows in self._turns(block, settings):
                for row in rows:
                    if row.finished:
                        row.text.finish()
                    piece = row.text.take()
                    if piece or row.finished:
                        yield Piece(row.number, piece, row.finished)

    def _rows(self, prompts: Sequence[str], settings: Settings) -> list[Row]:
        grammar = None
        if settings.constraint is not None:
            grammar = Grammar(settings.constraint, self.codec.alphabet)
        rows = []
        for number, prompt in enumerate(prompts):
            c = self.codec.prompts([prompt])
            symbols = c.values.discrete[c.discrete].tolist()
            room = settings.max_symbols or self.context - len(symbols)
            noise = seeded(torch.device("cpu"), "text", settings.seed, number)
            places = torch.rand(room, generator=noise).tolist()
            row = Row(
                number, prompt, symbols, Text(self.codec.alphabet, symbols, settings.stop), places
            )
            row.lookup = Lookup(symbols) if settings.speculate else None
            row.walk = grammar.begin() if grammar else None
            rows.append(row)
        return rows

    def _blocks(self, rows: list[Row]) -> Iterator[list[Row]]:
        """Rows to write side by side; a memory that cannot go back needs prompts of one length."""
        if self.decoder.rewinds:
            groups = [rows]
        else:
            order = sorted(rows, key=lambda row: len(row.context))
            groups = [list(some) for _, some in groupby(order, key=lambda row: len(row.context))]
        for group in groups:
            yield from (group[i : i + ROWS] for i in range(0, len(group), ROWS))

    def _begin(self, rows: list[Row], settings: Settings) -> Memory:
        longest = max(len(row.context) + len(row.places) for row in rows)
        ahead = MOST if settings.speculate else 0
        return self.decoder.begin(len(rows), min(self.context, longest) + ahead)

    @torch.inference_mode()
    def _turns(self, rows: list[Row], settings: Settings) -> Iterator[list[Row]]:
        """The rows after every turn, until all have ended; those that have are left out of the next turn."""
        memory = self._begin(rows, settings)
        while rows:
            self._turn(rows, memory, settings)
            yield rows
            rows = without_ended(rows, memory)

    def _turn(self, rows: list[Row], memory: Memory, settings: Settings) -> None:
        """Read what is new in every row, and draw at least one symbol of each."""
        if self.decoder.rewinds:
            self._move_on(rows, memory)
        reads = [row.read for row in rows]
        places = reads[0] if len(set(reads)) == 1 else torch.tensor(reads, device=self.device)
        guesses = [row.guess(self.context) if self.decoder.rewinds else [] for row in rows]
        unread = [row.context[row.read :] + g for row, g in zip(rows, guesses, strict=True)]
        width = max(map(len, unread))
        padded = torch.tensor([u + [END] * (width - len(u)) for u in unread], device=self.device)
        states = memory.extend(self.decoder.embed(padded), places)
        if width == 1:
            self._draw(rows, self.decoder.logits(states[:, 0]), settings)
        else:
            self._check(rows, states, unread, guesses, settings)
        for row in rows:
            row.read = len(row.context) - 1

    def _check(
        self,
        rows: list[Row],
        states: Tensor,
        unread: list[list[int]],
        guesses: list[list[int]],
        settings: Settings,
    ) -> None:
        """Draw behind the last symbol of every row, and behind its guesses for as long as they are drawn too."""
        lasts = [len(u) - len(g) - 1 for u, g in zip(unread, guesses, strict=True)]
        active = list(range(len(rows)))
        for step in range(max(len(g) for g in guesses) + 1):
            index = torch.tensor([[i, lasts[i] + step] for i in active], device=self.device)
            logits = self.decoder.logits(states[index[:, 0], index[:, 1]])
            self._draw([rows[i] for i in active], logits, settings)
            active = [i for i in active if rows[i].follows(guesses[i], step)]
            if not active:
                break

    def _move_on(self, rows: list[Row], memory: Memory) -> None:
        """Rows whose context is full begin again with its last half."""
        for i, row in enumerate(rows):
            if len(row.context) == self.context:
                row.context = row.context[-max(1, self.context // 2) :]
                row.read = len(row.context) - 1
                if row.read:
                    seen = torch.tensor([row.context[:-1]], device=self.device)
                    memory.part(i).extend(self.decoder.embed(seen), 0)

    def _draw(self, rows: list[Row], logits: Tensor, settings: Settings) -> None:
        """One more symbol of each row, from logits (B, V)."""
        raw, used = logits, None
        if settings.choice.repetition_penalty != 1:
            used = torch.stack([row.used(logits) for row in rows])
        walks = [row.walk for row in rows if row.walk]
        if walks:
            allowed = torch.stack([walk.allowed() for walk in walks]).to(logits.device)
            logits = logits.masked_fill(~allowed, NEVER)
        u = torch.tensor([row.places[len(row.new)] for row in rows], device=logits.device)
        new = settings.choice(logits, u, used)
        if settings.log_probs:
            told = raw.log_softmax(-1).gather(-1, new[:, None])[:, 0].tolist()
            for row, log_prob in zip(rows, told, strict=True):
                row.log_probs.append(log_prob)
        for row, symbol in zip(rows, new.tolist(), strict=True):
            row.add(symbol)
