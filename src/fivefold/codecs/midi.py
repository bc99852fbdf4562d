r"""MIDI files as readable text, exact to the tick, and back: read and written by the library `mido`.

    type1 n400 n80 division          a file of type 1, 480 ticks a quarter
    track
    n500000 tempo
    program12
    on60                             note 60, with the velocity and channel last said
    t400 t80 off60                   480 ticks later

One event a line. What goes before an event on its line is a chain of numbers in decimal places: `t` the ticks since the
event before, `n` its value, `=` a small value. Channel and velocities hold until they are said anew. Kept are notes,
controllers, programs, bends, pressures, tempo, metre and key; text, lyrics and messages of single makers are left out,
their time is not. Numbers in decimal places keep the alphabet small.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fivefold.codecs.words import Words
from fivefold.errors import InputError, MissingExtraError

LARGEST = 1 << 20
"""Bytes of a file: a message of three bytes takes some hundreds in memory."""
LAST_TICK = (1 << 28) - 1
WORD = re.compile(r"\S+[ \n]")


class Notes(Words):
    r"""The words of music in MIDI; a rare one is spelt.

    Example:
        >>> alphabet = Notes(["track\n", "on60\n", "off60\n", "t400 ", "t80 "])
        >>> alphabet.encode("track\non60\nt400 t80 off60\n")
        [1, 2, 4, 5, 3]
    """

    name = "notes"
    pattern = WORD
    purpose = "a tune"


def read_midi(data: bytes, where: str) -> tuple[str, list[str]]:
    """A MIDI file as text.

    Arguments:
        data: the bytes of the file.
        where: its name.

    Returns:
        The text, and what was left out, in sentences.
    """
    if len(data) > LARGEST:
        raise InputError(
            f"holds {len(data):,} bytes, more than the {LARGEST:,} that a tune may have",
            where=where,
            hint="leave it out",
            code="too-large",
        )
    mido = _library()
    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=False)
    except Exception as fault:
        raise _damaged(where, str(fault) or type(fault).__name__) from fault
    if file.type not in (0, 1) or not 0 < file.ticks_per_beat < 1 << 15:
        raise _damaged(where, f"type {file.type}, {file.ticks_per_beat} ticks a quarter")
    left: set[str] = set()
    parts = [f"type{file.type}\n", f"{number('n', file.ticks_per_beat)}division\n"]
    for track in file.tracks:
        if sum(message.time for message in track) > LAST_TICK:
            raise _damaged(where, "a track of more than 2^28 ticks")
        parts += ["track\n", *_spelt(track, left)]
    notice = f"{where}: left out of the music: {', '.join(sorted(left))}"
    return "".join(parts), [notice] if left else []


def _damaged(where: str, what: str) -> InputError:
    return InputError(
        f"is no MIDI file of type 0 or 1 that can be read ({what[:100]})",
        where=where,
        hint="write it again with another program, or leave it out",
        code="damaged",
    )


def number(prefix: str, value: int) -> str:
    """A number as words of its decimal places; nothing for 0 ticks.

    Example:
        >>> number("t", 480), number("t", 0), number("n", 0)
        ('t400 t80 ', '', 'n0 ')
    """
    if not value:
        return "" if prefix == "t" else f"{prefix}0 "
    digits = str(value)
    last = len(digits) - 1
    return "".join(f"{prefix}{d}{'0' * (last - at)} " for at, d in enumerate(digits) if d != "0")


def _spelt(track: Iterable[Any], left: set[str]) -> Iterator[str]:
    """The lines of a track; the types of messages that are not kept are added to `left`."""
    state = {"channel": 0, "v": 64, "w": 64}
    waited = 0
    for message in track:
        waited += message.time
        if message.type == "end_of_track":
            break
        word = SPELT.get(message.type)
        if word is None:
            left.add(message.type.replace("_", " "))
            continue
        for name, value in _said(message):
            if state[name] != value:
                yield f"{name}{value}\n"
                state[name] = value
        yield f"{number('t', waited)}{word(message)}\n"
        waited = 0
    yield f"{number('t', waited)}end\n"


def _said(message: Any) -> Iterator[tuple[str, int]]:
    """What holds until it is said anew, and is needed by a message: its channel and velocity."""
    if not message.is_meta:
        yield "channel", message.channel
    if message.type == "note_on" and message.velocity:
        yield "v", message.velocity
    if message.type == "note_off":
        yield "w", message.velocity


def _meter(message: Any) -> str:
    fields = (
        message.numerator,
        message.denominator.bit_length() - 1,
        message.clocks_per_click,
        message.notated_32nd_notes_per_beat,
    )
    return "".join(f"={field} " for field in fields) + "meter"


SPELT: dict[str, Callable[[Any], str]] = {
    "note_on": lambda m: f"{'on' if m.velocity else 'cut'}{m.note}",
    "note_off": lambda m: f"off{m.note}",
    "polytouch": lambda m: f"={m.value} touch{m.note}",
    "control_change": lambda m: f"={m.value} control{m.control}",
    "program_change": lambda m: f"program{m.program}",
    "aftertouch": lambda m: f"={m.value} aftertouch",
    "pitchwheel": lambda m: f"{number('n', m.pitch + 8192)}bend",
    "set_tempo": lambda m: f"{number('n', m.tempo)}tempo",
    "time_signature": _meter,
    "key_signature": lambda m: f"key{m.key}",
}
"""How each message that is kept is written behind its time."""


def write_midi(text: str, where: str = "") -> bytes:
    """The MIDI file of a text; an InputError names the line that means nothing.

    Arguments:
        text: as `read_midi` gives it.
        where: the name of the tune.
    """
    found, misfits = _built(text)
    if misfits:
        raise InputError(
            f"{misfits[0][1][:40]!r} is no event of MIDI",
            where=f"{where} line {misfits[0][0]}".strip(),
            hint="correct it, or mend the tune: what means nothing is then left out",
            code="not-midi",
        )
    return found


def mended(text: str) -> tuple[bytes, int]:
    """The MIDI file of a text that a model wrote, and how many lines meant nothing and were left out."""
    found, misfits = _built(text)
    return found, len(misfits)


def _built(text: str) -> tuple[bytes, list[tuple[int, str]]]:
    mido = _library()
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    state = {"channel": 0, "v": 64, "w": 64}
    misfits: list[tuple[int, str]] = []
    for row, line in enumerate(text.split("\n"), 1):
        *prefixes, word = line.split(" ")
        if not line:
            continue
        try:
            _play(file, state, *_numbers(prefixes), word)
        except (ValueError, KeyError, IndexError, TypeError):
            misfits.append((row, line))
    if file.type == 0 and len(file.tracks) != 1:
        file.type = 1
    sink = io.BytesIO()
    file.save(file=sink)
    return sink.getvalue(), misfits


def _numbers(prefixes: list[str]) -> tuple[int, int, list[int]]:
    """The ticks, the value and the small values that stand before an event."""
    sums = {"t": 0, "n": 0}
    fields: list[int] = []
    for word in prefixes:
        if not word[1:].isascii() or not word[1:].isdigit() or len(word) > 10:
            raise ValueError(word)
        if word[0] == "=":
            fields.append(int(word[1:]))
        else:
            sums[word[0]] += int(word[1:])
    return _within(sums["t"], 0, LAST_TICK), sums["n"], fields


def _play(
    file: Any, state: dict[str, int], ticks: int, value: int, fields: list[int], word: str
) -> None:
    """Put one event into the file."""
    import mido

    found = re.fullmatch(r"(key|[a-z]+)(.*)", word, re.DOTALL)
    if found is None:
        raise ValueError(word)
    name, digits = found.groups()
    if name == "type":
        file.type = _within(int(digits), 0, 1)
    elif name == "division":
        file.ticks_per_beat = _within(value, 1, (1 << 15) - 1)
    elif word == "track":
        file.tracks.append(mido.MidiTrack())
        state.update(channel=0, v=64, w=64)
    elif name in state:
        state[name] = _within(int(digits), 0, 15 if name == "channel" else 127)
    else:
        kind, given = _message(name, digits, value, fields, state)
        meta = kind in ("set_tempo", "time_signature", "key_signature", "end_of_track")
        made = (mido.MetaMessage if meta else mido.Message)(kind, time=ticks, **given)
        made.bytes()
        file.tracks[-1].append(made)


def _within(value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise ValueError(value)
    return value


def _message(
    name: str, digits: str, value: int, fields: list[int], state: dict[str, int]
) -> tuple[str, dict[str, Any]]:
    """The type and the values of the message that a word means."""
    voice = {"channel": state["channel"]}
    if name in ("on", "off", "cut"):
        kind = "note_off" if name == "off" else "note_on"
        velocity = {"on": state["v"], "off": state["w"], "cut": 0}[name]
        return kind, voice | {"note": int(digits), "velocity": velocity}
    if name == "meter":
        top, power, clocks, parts = fields
        given = {"numerator": top, "denominator": 1 << power, "clocks_per_click": clocks}
        return "time_signature", given | {"notated_32nd_notes_per_beat": parts}
    if name == "touch":
        return "polytouch", voice | {"note": int(digits), "value": fields[0]}
    if name == "control":
        return "control_change", voice | {"control": int(digits), "value": fields[0]}
    if name == "program":
        return "program_change", voice | {"program": int(digits)}
    single: dict[str, Callable[[], tuple[str, dict[str, Any]]]] = {
        "aftertouch": lambda: ("aftertouch", voice | {"value": fields[0]}),
        "bend": lambda: ("pitchwheel", voice | {"pitch": value - 8192}),
        "tempo": lambda: ("set_tempo", {"tempo": value}),
        "key": lambda: ("key_signature", {"key": digits}),
        "end": lambda: ("end_of_track", {}),
    }
    return single[name]()


def _library() -> Any:
    try:
        import mido
    except ImportError as fault:
        raise MissingExtraError("mido", "music", "reading and writing MIDI") from fault
    return mido
