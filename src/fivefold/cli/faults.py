"""How a command ends: one line that says what happened, and an exit code.

0 done, 1 failed, 2 wrong use or input, 3 a check not passed, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any, NoReturn

import click

from fivefold.errors import FivefoldError

DEBUG, KEPT = "fivefold.debug", "fivefold.kept"
INTERRUPTED = 130


def keep(notice: str) -> None:
    """Say beforehand what an interruption leaves behind and how to go on from there."""
    click.get_current_context().meta[KEPT] = notice


class Verbs(click.Group):
    """A group whose commands never end in a traceback, unless `--debug` asks for it."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and turn whatever it raises into a line and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            kept = ctx.meta.get(KEPT)
            leave(ctx, f"interrupted; {kept}" if kept else "interrupted", INTERRUPTED)
        except BrokenPipeError:
            close_pipe(ctx)
        except FivefoldError as fault:
            leave(ctx, f"Error: {fault}", fault.exit_code)
        except OSError as fault:
            leave(ctx, f"Error: {place(fault)}{fault.strerror or fault} [os-error]", 2)
        except MemoryError:
            leave(ctx, "Error: not enough memory; give fewer rows or a smaller --size [memory]", 1)
        except Exception as fault:  # what nobody foresaw: its kind and words, the rest on request
            line = f"{type(fault).__name__}: {fault}".strip().replace("\n", " ")
            leave(ctx, f"Error: {line}; run with --debug for the traceback [unexpected]", 1)


def leave(ctx: click.Context, line: str, code: int) -> NoReturn:
    """Print the line, and the traceback of the exception at hand where `--debug` was given."""
    if ctx.meta.get(DEBUG):
        traceback.print_exc()
    click.echo(line, err=True)
    ctx.exit(code)


def place(fault: OSError) -> str:
    """The file of which the operating system complains, as a prefix."""
    return f"{os.fsdecode(fault.filename)}: " if fault.filename else ""


def close_pipe(ctx: click.Context) -> NoReturn:
    """The reader of stdout, such as `head`, has what it wants: end quietly."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, sys.stdout.fileno())
    ctx.exit(0)
