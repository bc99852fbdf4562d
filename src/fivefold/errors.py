"""What can go wrong, said so that a person can mend it.

Every foreseeable fault is one exception that carries what happened, where, and what to do. The command line
prints the message alone and leaves with `exit_code`; a traceback is for faults that nobody foresaw.
"""


class FivefoldError(Exception):
    """A fault with its place and its mend.

    Arguments:
        message: what happened, in one sentence.
        where: the file, row or column, such as `data.csv:412 column age`.
        hint: what to do about it.
        code: a short name that stays the same between versions, such as `ragged-row`.

    Example:
        >>> str(FivefoldError("no rows", where="data.csv", hint="give at least two", code="empty"))
        'data.csv: no rows; give at least two [empty]'
    """

    exit_code = 1

    def __init__(
        self, message: str, *, where: str = "", hint: str = "", code: str = "failed"
    ) -> None:
        self.message, self.where, self.hint, self.code = message, where, hint, code
        place = f"{where}: " if where else ""
        mend = f"; {hint}" if hint else ""
        super().__init__(f"{place}{message}{mend} [{code}]")


class InputError(FivefoldError, ValueError):
    """Wrong data, wrong file or wrong use: the user can mend it (exit code 2)."""

    exit_code = 2


class MissingExtraError(FivefoldError, ImportError):
    """An optional dependency is needed: the message names the extra that brings it (exit code 2)."""

    exit_code = 2

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        hint = f'pip install "fivefold[{extra}]"'
        super().__init__(f"{purpose} needs {package}", hint=hint, code="missing-extra")


class NotFittedError(FivefoldError, AttributeError):
    """A model was used before `fit`."""


class NoLikelihoodError(FivefoldError):
    """The family has no likelihood: `log_prob` is absent rather than replaced by a stand-in."""


class CheckFailedError(FivefoldError):
    """A check that the user asked for was not passed (exit code 3)."""

    exit_code = 3
