# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

import pytest

from evalkit.core.errors import InputError, UsageError
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec

FUNCTIONS = """
import asyncio, threading
from dataclasses import dataclass
from evalkit.core.exchange import Reply
seen = []

@dataclass
class Thing:
    x: "int" = 1

def echo(prompt): return f"echo: {prompt}"
def turns(messages): return str([m["role"] for m in messages])
async def later(prompt, settings):
    await asyncio.sleep(0)
    return {"text": prompt.upper(), "usage": {"prompt_tokens": settings["max_tokens"], "completion_tokens": 1}}
def lazily(prompt): return later(prompt, {"max_tokens": 1})
def whole(request): return Reply(text=str(request.seed), finish="length")
def thread(messages): return str(threading.get_ident())
def odd(prompt): return 7
def fails(prompt): raise RuntimeError(f"no\\x1b[31m luck\\nwith {prompt} sk-proj-CANARYCANARYCANARY0123456789abcdef")
def exits(prompt): raise SystemExit(3)
def times_out(prompt): raise TimeoutError
def interrupts(prompt): raise KeyboardInterrupt
def stops(prompt): return next(iter([]))
def cancels(prompt): raise asyncio.CancelledError
async def interrupts_later(prompt): raise KeyboardInterrupt
async def exits_later(prompt): raise SystemExit(0)
async def cancels_later(prompt): raise asyncio.CancelledError
def leaks(prompt):
    import os
    return {"text": f"k: {os.environ['OPENAI_API_KEY']}", "refusal": os.environ["MY_OWN_KEY"]}
def leaks_loudly(prompt):
    import os
    raise RuntimeError(os.environ["MY_OWN_KEY"])
async def hangs(prompt): await asyncio.sleep(600)
def wants(prompt, database): return ""
def optional(prompt, database=None, **rest): return prompt
def positional(messages, /): return ""
class Model:
    async def __call__(self, prompt): return f"object: {prompt}"
model = Model()
constant = 3
"""


@pytest.fixture
def module(tmp_path):
    (tmp_path / "my_model.py").write_text(FUNCTIONS, encoding="utf-8")
    return tmp_path


def opened(folder: Path, value, requests):
    async def go():
        async with open_model(parse_spec(value, where="t"), name="m", folder=folder) as model:
            return model, [await model.answer(request) for request in requests]

    return asyncio.run(go())


def one(folder: Path, name: str, request, **more):
    value = {"use": f"python:my_model.py:{name}", **more}
    return opened(folder, value, [request])[1][0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("echo", "echo: 在哪里？"),
        ("turns", "['system', 'user']"),
        ("later", "在哪里？"),
        ("lazily", "在哪里？"),
        ("whole", "0"),
        ("optional", "在哪里？"),
        ("model", "object: 在哪里？"),
    ],
)
def test_called_with_what_it_names(module, question, name, text):
    assert one(module, name, question("在哪里？", "Be brief.")).text == text


def test_what_it_may_return(module, question):
    assert one(module, "later", question("a"), max_tokens=9).usage.prompt_tokens == 9
    assert one(module, "whole", question()).finish == "length"


def test_text_of_parts_is_the_prompt(module, question):
    parts = [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]
    assert one(module, "echo", question(parts)).text == "echo: ab"


def test_an_ordinary_function_does_not_hold_up_the_loop(module, question):
    assert one(module, "thread", question()).text != str(threading.get_ident())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("odd", "raised ValueError: an answer is a text or a mapping with `text`, not int"),
        ("fails", r"raised RuntimeError: no\x1b[31m luck with Where is it?"),
        ("times_out", "raised TimeoutError"),
        ("exits", "raised SystemExit: 3"),
        ("interrupts", "raised KeyboardInterrupt"),
        ("stops", "raised StopIteration"),
        ("cancels", "raised CancelledError"),
        ("interrupts_later", "raised KeyboardInterrupt"),
        ("exits_later", "raised SystemExit: 0"),
        ("cancels_later", "raised CancelledError"),
    ],
)
def test_what_it_raises_is_that_questions_error(module, question, name, says):
    reply = one(module, name, question())
    assert reply.finish == "error"
    assert says in reply.error
    assert "\n" not in reply.error
    assert "CANARYCANARY" not in reply.error


def test_patience(module, question):
    reply = one(module, "hangs", question(), timeout=0.1)
    assert reply.error == "python:my_model.py:hangs gave no answer within 0.1 s"


@pytest.mark.parametrize(
    ("use", "error", "says"),
    [
        ("python:my_model.py:nobody", UsageError, "has no function `nobody`"),
        ("python:my_model.py:ecco", UsageError, "did you mean `echo`"),
        ("python:my_model.py:constant", UsageError, "has no function `constant`"),
        ("python:my_model.py:wants", UsageError, "wants `database`, which nobody gives"),
        ("python:my_model.py:positional", UsageError, "wants `messages`"),
        ("python:my_model.py", UsageError, "names no function"),
        ("python:missing.py:echo", InputError, "cannot read"),
        ("python:no_such_module_here:echo", InputError, "cannot import no_such_module_here"),
        ("python:broken.py:echo", InputError, "cannot import broken.py: SyntaxError"),
        ("python:leaves.py:echo", InputError, "cannot import leaves.py: SystemExit"),
    ],
)
def test_refused_before_it_is_asked(module, question, use, error, says):
    (module / "broken.py").write_text("def f(:\n")
    (module / "leaves.py").write_text("import sys\nsys.exit(1)\n")
    with pytest.raises(error) as caught:
        opened(module, use, [])
    assert says in caught.value.message
    assert caught.value.hint


def test_a_module_that_is_installed(module, question, monkeypatch):
    monkeypatch.syspath_prepend(str(module))
    try:
        _, (reply,) = opened(Path(), "python:my_model:echo", [question("a")])
    finally:
        sys.modules.pop("my_model", None)
    assert reply.text == "echo: a"


def test_two_files_of_one_name_are_two_models(tmp_path, question):
    for side in "ab":
        (tmp_path / side).mkdir()
        (tmp_path / side / "m.py").write_text(f"def f(prompt): return '{side}'\n")
    texts = [opened(tmp_path / side, "python:m.py:f", [question()])[1][0].text for side in "aba"]
    assert texts == ["a", "b", "a"]


def test_a_changed_file_is_another_model(module, question):
    before, _ = opened(module, "python:my_model.py:echo", [])
    (module / "my_model.py").write_text(FUNCTIONS + "# 2\n", encoding="utf-8")
    after, _ = opened(module, "python:my_model.py:echo", [])
    assert before.identity != after.identity
    assert str(module) not in before.identity


def test_keys_of_the_environment_stay_there(module, question, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "plainvalue0123456789")
    monkeypatch.setenv("MY_OWN_KEY", "anothervalue9876543210")
    reply = one(module, "leaks", question(), key_env="MY_OWN_KEY")
    assert (reply.text, reply.refusal) == ("k: (hidden)", "(hidden)")
    assert "9876543210" not in one(module, "leaks_loudly", question(), key_env="MY_OWN_KEY").error
