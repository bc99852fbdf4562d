"""Chat templates: a conversation as the one text that a model was trained to continue.

A template comes with a model from elsewhere, so it is hostile until it has shown otherwise. It is run by Jinja's
immutable sandbox: no attribute that begins with an underscore, no module, no file, ranges and output bounded.

References:
    Jinja documentation, "Sandbox".
    Hugging Face documentation, "Chat templates".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from fivefold.errors import InputError

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] "
    "+ '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
LONGEST_TEMPLATE, LONGEST_TEXT = 100_000, 4_000_000
ROLES = ("system", "user", "assistant", "tool")


def render(
    template: str, messages: Sequence[Mapping[str, str]], *, answer: bool = True, **names: Any
) -> str:
    """The text of a conversation.

    Arguments:
        template: in Jinja's language, as `tokenizer_config.json` or a GGUF file holds it.
        messages: each with a `role` and a `content`.
        answer: whether the text ends where the assistant is to speak.
        names: what else the template may use, such as `bos_token`.

    Raises:
        InputError: where a message is malformed, or the template does what it must not.

    Example:
        >>> print(render(CHATML, [{"role": "user", "content": "Hello"}]))
        <|im_start|>user
        Hello<|im_end|>
        <|im_start|>assistant
        <BLANKLINE>
    """
    for number, message in enumerate(messages):
        if message.get("role") not in ROLES or not isinstance(message.get("content"), str):
            raise InputError(
                "a message needs a role and a content in words",
                where=f"message {number}",
                hint=f"roles are {', '.join(ROLES)}",
                code="bad-message",
            )
    if len(template) > LONGEST_TEMPLATE:
        _refuse(f"has {len(template):,} characters, of at most {LONGEST_TEMPLATE:,}")
    sandbox = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    sandbox.globals["raise_exception"] = _complain
    pieces, written = [], 0
    try:
        made = sandbox.from_string(template)
        for piece in made.generate(
            messages=[dict(m) for m in messages], add_generation_prompt=answer, **names
        ):
            written += len(piece)
            if written > LONGEST_TEXT:
                _refuse(f"writes more than {LONGEST_TEXT:,} characters")
            pieces.append(piece)
    except InputError:
        raise
    except (TemplateError, ArithmeticError, LookupError, MemoryError, RecursionError) as error:
        _refuse(f"fails ({error})", error)
    except (AttributeError, TypeError, ValueError) as error:
        _refuse(f"fails ({error})", error)
    return "".join(pieces)


def _complain(message: object) -> NoReturn:
    raise InputError(f"the chat template refuses this conversation: {message}", code="chat")


def _refuse(what: str, error: BaseException | None = None) -> NoReturn:
    raise InputError(
        f"the chat template {what}",
        hint="take another template, or a model from a source you trust",
        code="bad-template",
    ) from error
