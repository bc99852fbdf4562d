"""Progress on stderr: bars on a terminal, otherwise a line every few seconds, with `--quiet` nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import click

from fivefold.cli.options import QUIET

SECONDS_BETWEEN_LINES = 5.0


class Progress(Protocol):
    """What a long task says of itself now and then.

    Arguments:
        task: its name.
        done: the share that is done, from 0 to 1.
        seconds_left: expected, or None.
        note: a word on what it is at.
    """

    @property
    def task(self) -> str: ...  # noqa: D102

    @property
    def done(self) -> float: ...  # noqa: D102

    @property
    def seconds_left(self) -> float | None: ...  # noqa: D102

    @property
    def note(self) -> str: ...  # noqa: D102


OnProgress = Callable[[Progress], None]


@contextmanager
def shown() -> Iterator[OnProgress | None]:
    """The function that shows progress while the block runs; None with `--quiet`."""
    if click.get_current_context().meta.get(QUIET):
        yield None
    elif sys.stderr.isatty():
        with bars() as on_progress:
            yield on_progress
    else:
        yield Lines()


class Lines:
    """A line on stderr, at most one every few seconds.

    Arguments:
        every: seconds between two lines.
        clock: seconds that only grow.
    """

    def __init__(
        self, every: float = SECONDS_BETWEEN_LINES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.every, self.clock = every, clock
        self.last = clock()

    def __call__(self, progress: Progress) -> None:
        """Print the progress unless a line was printed a moment ago."""
        if self.clock() - self.last < self.every:
            return
        self.last = self.clock()
        click.echo(line(progress), err=True)


def line(progress: Progress) -> str:
    """The progress in words, such as `diffusion 35%, 1 min 20 s left, epoch 3 of 8`."""
    parts = [f"{progress.task} {progress.done:.0%}", left(progress.seconds_left), progress.note]
    return ", ".join(part for part in parts if part)


def left(seconds: float | None) -> str:
    """The seconds that are left, in words.

    Example:
        >>> left(80), left(8.2), left(None)
        ('1 min 20 s left', '8 s left', '')
    """
    if seconds is None:
        return ""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes} min {rest} s left" if minutes else f"{rest} s left"


@contextmanager
def bars() -> Iterator[OnProgress]:
    """A bar for each task, drawn by rich, which heeds NO_COLOR."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Display

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rest]}"),
    )
    tasks: dict[str, TaskID] = {}
    with Display(*columns, console=Console(stderr=True), redirect_stdout=False) as display:

        def on_progress(progress: Progress) -> None:
            name = progress.task
            if name not in tasks:
                tasks[name] = display.add_task(escape(name), total=1.0, rest="")
            words = (left(progress.seconds_left), progress.note)
            rest = escape(", ".join(word for word in words if word))
            display.update(tasks[name], completed=progress.done, rest=rest)

        yield on_progress
