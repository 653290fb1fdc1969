# SPDX-License-Identifier: Apache-2.0
"""Real programs, started and asked."""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import sys
from pathlib import Path

import pytest

from evalkit.core.errors import InputError, RemoteError, UsageError
from evalkit.models import _program
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec

HEAD = """
import json, os, sys, time
def said(**value):
    print(json.dumps(value), flush=True)
"""
LOOP = """
for line in sys.stdin:
    q = json.loads(line)
    n, text = q["id"], q["messages"][-1]["content"]
"""
ECHO = LOOP + "    said(id=n, text='echo: ' + text)\n"


@pytest.fixture
def program(tmp_path):
    def write(body: str, name: str = "my model.py") -> str:
        (tmp_path / name).write_text(HEAD + body, encoding="utf-8")
        return f"exec:{shlex.quote(sys.executable)} -u {shlex.quote(name)}"

    return write


def opened(folder: Path, value, requests, *, together: bool = False):
    async def go():
        async with open_model(parse_spec(value, where="t"), name="m", folder=folder) as model:
            if together:
                return model, await asyncio.gather(*map(model.answer, requests))
            return model, [await model.answer(request) for request in requests]

    return asyncio.run(go())


def test_asked_line_by_line_by_one_process(tmp_path, program, question):
    use = program(LOOP + "    said(id=n, text=f'{os.getpid()} {text}', usage=q.get('usage'))\n")
    model, replies = opened(tmp_path, use, [question("a"), question("b 你好\u2028")])
    first, second = (reply.text.split(" ", 1) for reply in replies)
    assert (first[1], second[1]) == ("a", "b 你好\u2028")
    assert first[0] == second[0]
    assert model.host is None


def test_what_it_is_told(tmp_path, program, question):
    use = program(LOOP + "    said(id=n, text=json.dumps(q))\n")
    tools = [{"type": "function", "function": {"name": "f"}}]
    request = question("a", "Be brief.", labels=("x", "y"), tools=tools, ids=("row 1",))
    value = {"use": use, "options": {"top_k": 3}, "max_tokens": 9}
    told = json.loads(opened(tmp_path, value, [request])[1][0].text)
    assert told == {
        "id": 1,
        "messages": list(request.messages),
        "max_tokens": 9,
        "temperature": 0.0,
        "seed": 0,
        "labels": ["x", "y"],
        "tools": tools,
        "top_k": 3,
    }


def test_all_that_a_reply_may_have(tmp_path, program, question):
    body = """
    if n == 1:
        said(id=n, text="a", finish="length", model="mine", usage={"prompt_tokens": 3, "completion_tokens": 1}, probabilities={"a": 0.9})
    elif n == 2:
        said(id=n, tool_calls=[{"id": "1"}])
    elif n == 3:
        said(id=n, error="out of order")
    else:
        said(id=n, refusal="No.")
"""
    _, (a, b, c, d) = opened(tmp_path, program(LOOP + body), [question()] * 4)
    assert (a.finish, a.model, a.usage.prompt_tokens) == ("length", "mine", 3)
    assert a.probabilities == {"a": 0.9}
    assert (b.text, b.finish, b.tool_calls) == ("", "tool_calls", ({"id": "1"},))
    assert (c.finish, c.error) == ("error", "out of order")
    assert (d.text, d.refusal) == ("", "No.")


def test_answers_in_any_order(tmp_path, program, question):
    use = program(
        """
held = []
for line in sys.stdin:
    held.append(json.loads(line))
    if len(held) == 3:
        for q in reversed(held):
            said(id=q["id"], text=q["messages"][-1]["content"])
        held = []
"""
    )
    value = {"use": use, "concurrency": 3, "timeout": 60}
    _, replies = opened(tmp_path, value, [question(t) for t in "abc"], together=True)
    assert [reply.text for reply in replies] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("    print('thinking...', flush=True)\n", "wrote a line that is no answer: thinking..."),
        ("    print('\\x1b[31m' * 200, flush=True)\n", "\\x1b[31m"),
        ("    print('[' * 100000, flush=True)\n", "wrote a line that is no answer: [[["),
        ("    print('thinking', flush=True)\n", "thinking (not JSON of `id` and `text`)"),
        ("    said(text='a')\n", '{"text": "a"} (no `id` of a question)'),
        ("    said(id=True, text='a')\n", "wrote a line that is no answer"),
        ("    said(id=n)\n", "the reply has no `text`"),
        ("    said(id=n, text=7)\n", "the reply has no `text`"),
        ("    said(id=n, text='a', finish='done')\n", "unknown `finish`"),
        ("    said(id=n, text='a', usage=3)\n", "not one of ours"),
    ],
)
def test_a_bad_line_is_that_questions_error(tmp_path, program, question, body, says):
    use = program(LOOP + "    if text == 'ok':\n        said(id=n, text='fine'); continue\n" + body)
    _, (bad, good) = opened(tmp_path, use, [question("x"), question("ok")])
    assert bad.finish == "error"
    assert says in bad.error
    assert "\x1b" not in bad.error
    assert len(bad.error) < 300
    assert good.text == "fine"


def test_noise_before_the_first_question_and_late_answers_do_no_harm(tmp_path, program, question):
    use = program("print('loading', flush=True)\nsaid(id=99, text='?')\ntime.sleep(0.2)\n" + ECHO)
    _, (reply, again) = opened(tmp_path, use, [question("a"), question("b")])
    # The banner may arrive while the first question waits: then it is that question's error.
    assert reply.text == "echo: a" or "loading" in reply.error
    assert again.text == "echo: b"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("sys.exit(7)\n", "has ended (exit code 7)"),
        (LOOP + "    os._exit(3)\n", "has ended (exit code 3)"),
        (LOOP + "    os.kill(os.getpid(), 9)\n", "has ended (exit code -9)"),
        (LOOP + "    sys.stdout.close(); os.close(1); os._exit(0)\n", "has ended"),
    ],
)
def test_its_end_stops_the_run(tmp_path, program, question, body, says):
    with pytest.raises(RemoteError) as caught:
        opened(tmp_path, program(body), [question(), question()])
    assert says in caught.value.message
    assert caught.value.hint


def test_questions_after_its_end_do_not_wait(tmp_path, program, question):
    """It answered the last one and went: who asks then hears of it at once."""
    use = program(
        "line = sys.stdin.readline()\nsaid(id=json.loads(line)['id'], text='bye')\nsys.exit(0)\n"
    )

    async def go():
        spec = parse_spec({"use": use, "timeout": 60}, where="t")
        async with open_model(spec, name="m", folder=tmp_path) as model:
            assert (await model.answer(question())).text == "bye"
            await asyncio.sleep(0.5)
            async with asyncio.timeout(30):
                await model.answer(question())

    with pytest.raises(RemoteError, match="has ended"):
        asyncio.run(go())


def test_silence(tmp_path, program, question):
    use = program(LOOP + "    if text != 'x': said(id=n, text='late')\n")
    _, (reply, after) = opened(
        tmp_path, {"use": use, "timeout": 0.5}, [question("x"), question("y")]
    )
    assert reply.finish == "error"
    assert "gave no answer within 0.5 s" in reply.error
    assert after.text == "late"


def test_a_line_without_end(tmp_path, program, question, monkeypatch):
    monkeypatch.setattr(_program, "LONGEST_LINE", 1 << 20)
    use = program(LOOP + "    while True: sys.stdout.write('x' * 65536)\n")
    with pytest.raises(RemoteError, match="wrote a line of more than 1 MB"):
        opened(tmp_path, use, [question()])


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_it_and_its_children_are_ended_if_they_do_not_go(tmp_path, program, question, monkeypatch):
    monkeypatch.setattr(_program, "GRACE", 0.3)
    use = program(
        "import signal, subprocess\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('pids', 'w').write(f'{os.getpid()} {child.pid}')\n" + ECHO + "time.sleep(600)\n"
    )
    _, (reply,) = opened(tmp_path, use, [question("a")])
    assert reply.text == "echo: a"
    for pid in map(int, (tmp_path / "pids").read_text().split()):
        assert not _runs(pid)


def _runs(pid: int) -> bool:
    import os

    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        state = Path(f"/proc/{pid}/stat")
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        import time

        time.sleep(0.05)
    return True


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_is_not_for_the_program(tmp_path, program, question):
    """The terminal sends it to the group: the program is in one of its own."""
    import os

    use = program(LOOP + "    said(id=n, text=str(os.getpgid(0)))\n")
    _, (reply,) = opened(tmp_path, use, [question()])
    assert int(reply.text) != os.getpgid(0)
    assert signal.getsignal(signal.SIGINT) is not None


@pytest.mark.parametrize(
    ("use", "says"),
    [
        ("exec:no-such-program-here -x", "cannot start exec:no-such-program-here -x"),
        ("exec:./missing", "cannot start"),
    ],
)
def test_cannot_be_started(tmp_path, question, use, says):
    with pytest.raises(InputError, match=says):
        opened(tmp_path, use, [question()])


def test_quotes_that_do_not_match(tmp_path, question):
    with pytest.raises(UsageError, match="exec:"):
        opened(tmp_path, "exec:python 'x", [question()])


def test_no_shell(tmp_path, program, question):
    """What a shell would act on is an argument."""
    use = program("args = sys.argv[1:]\n" + LOOP + "    said(id=n, text=json.dumps(args))\n")
    _, (reply,) = opened(tmp_path, f"{use} ';' touch pwned '&&' `id`", [question()])
    assert json.loads(reply.text) == [";", "touch", "pwned", "&&", "`id`"]
    assert not (tmp_path / "pwned").exists()


def test_a_changed_program_is_another_model(tmp_path, program, question):
    first, _ = opened(tmp_path, program(ECHO), [])
    same, _ = opened(tmp_path, program(ECHO), [])
    changed, _ = opened(tmp_path, program(ECHO + "\n# 2"), [])
    assert first.identity == same.identity != changed.identity
    assert str(tmp_path) not in first.identity


def test_keys_of_the_environment_stay_there(tmp_path, program, question, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "plainvalue0123456789")
    use = program(LOOP + "    said(id=n, text='k ' + os.environ['OPENAI_API_KEY'])\n")
    _, (reply,) = opened(tmp_path, use, [question()])
    assert reply.text == "k (hidden)"
