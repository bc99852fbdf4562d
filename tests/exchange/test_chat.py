"""Chat templates: honest ones are rendered, hostile ones do nothing."""

import pytest

from fivefold.errors import InputError
from fivefold.exchange.chat import CHATML, render

HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]


def test_a_conversation_ends_where_the_assistant_is_to_speak() -> None:
    text = render(CHATML, HELLO)
    assert text.endswith("<|im_end|>\n<|im_start|>assistant\n")
    assert text.count("<|im_start|>") == 3
    assert render(CHATML, HELLO, answer=False).count("<|im_start|>") == 2


def test_a_template_may_refuse_a_conversation() -> None:
    with pytest.raises(InputError, match="roles must alternate"):
        render("{{ raise_exception('roles must alternate') }}", HELLO)


HOSTILE = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ messages.__class__.__init__.__globals__['__builtins__'] }}",
    "{{ cycler.__init__.__globals__.os.popen('touch owned').read() }}",
    "{{ self._TemplateReference__context }}{{ lipsum.__globals__['os'].system('touch owned') }}",
    "{% import 'os' as os %}{{ os.system('touch owned') }}",
    "{% include '/etc/passwd' %}",
    "{{ messages.append(1) }}",
    "{% for i in range(10 ** 12) %}{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}xxxxxxxxxxxxxxxxxxxx{% endfor %}{% endfor %}",
    "{{ open('owned', 'w') }}",
    "{{ 1 / 0 }}",
    "{% if %}",
    "x" * 200_000,
)


@pytest.mark.parametrize("template", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_template_runs_no_code(template, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="template"):
        render(template, HELLO)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("message", [{"role": "king", "content": "x"}, {"role": "user"}, {}])
def test_a_malformed_message_is_named(message) -> None:
    with pytest.raises(InputError, match="message 1"):
        render(CHATML, [HELLO[0], message])
