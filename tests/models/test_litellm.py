# SPDX-License-Identifier: Apache-2.0
"""With the real litellm over real HTTP; skipped where it is not installed (extra `litellm`)."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import socket
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from evalkit.core.errors import EvalkitError, MissingExtraError, RemoteError, UsageError
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec

HERE = importlib.util.find_spec("litellm") is not None
needed = pytest.mark.skipif(not HERE, reason="litellm is not installed: evalkit-ft[litellm]")
# What it and its dependencies do at import and with threads of its own is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")
CANARY = "sk-CANARY-0123456789-abcdefghij"


def opened(value, requests):
    async def go():
        async with open_model(parse_spec(value, where="t"), name="m", folder=Path()) as model:
            return model, [await model.answer(request) for request in requests]

    return asyncio.run(go())


def at(server, **more):
    return {"use": "litellm/openai/gpt-4.1-mini", "url": server.url, "key_env": "MY_KEY", **more}


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("MY_KEY", CANARY)


@pytest.mark.skipif(HERE, reason="litellm is installed")
def test_not_installed(server):
    with pytest.raises(MissingExtraError, match="litellm is needed") as caught:
        opened(at(server), [])
    assert "evalkit-ft[litellm]" in caught.value.hint


@needed
def test_one_answer_whole(server, question):
    request = question("Hello there", "Be brief.", top_logprobs=4, max_tokens=2)
    model, (reply,) = opened(at(server, options={"service_tier": "flex"}), [request])
    assert (reply.text, reply.finish) == ("echo: Hello", "length")
    assert [t for t, _ in reply.positions[0].top] == ["yes", "no", "other0", "other1"]
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (12, 2)
    sent = server.requests[0]
    assert (sent["model"], sent["seed"], sent["top_logprobs"]) == ("gpt-4.1-mini", 0, 4)
    assert (sent["max_tokens"], sent["service_tier"]) == (2, "flex")
    assert model.host == server.url.split("/")[2]
    assert {"logprobs", "tools", "seed"} <= model.capabilities
    assert "batch" not in model.capabilities


@needed
@pytest.mark.parametrize(
    ("fault", "attempts", "says"),
    [
        ({"status": 400}, 1, "answered 400: ordered"),
        ({"status": 500}, 5, "answered 500"),
        ({"status": 429, "headers": {"Retry-After": "0"}}, 5, "answered 429"),
    ],
)
def test_asked_again_by_us_alone(server, question, monkeypatch, fault, attempts, says):
    monkeypatch.setattr("evalkit.models._retry._FIRST_STEP", 0.001)
    server.fail(times=attempts, **fault)
    _, (first, second) = opened(at(server), [question(), question("Next")])
    assert first.finish == "error"
    assert says in first.error
    assert second.text == "echo: Next"
    assert len(server.requests) == attempts + 1


@needed
def test_no_answer_in_time(server, question):
    server.fail(wait=1.0, times=2)
    _, (reply,) = opened(at(server, timeout=0.3), [question()])
    assert "no answer from 127.0.0.1" in reply.error
    assert len(server.requests) == 2


@needed
def test_what_stops_the_run(server, question):
    server.fail(404)
    with pytest.raises(RemoteError, match="404"):
        opened(at(server), [question()])
    server.fail(429, body={"error": {"message": "You exceeded", "code": "insufficient_quota"}})
    with pytest.raises(RemoteError, match="no quota left"):
        opened(at(server), [question()])


@needed
def test_nothing_listens(question):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    with pytest.raises(RemoteError, match=r"cannot reach 127\.0\.0\.1"):
        opened({"use": "litellm/openai/x", "url": url, "key_env": "MY_KEY"}, [question()])


@needed
def test_a_key_is_nowhere(server, question, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    server.key = "another"
    with pytest.raises(EvalkitError) as caught:
        opened(at(server), [question()])
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    told += "".join(capfd.readouterr())
    assert "refused the key in MY_KEY (401)" in told
    for form in (CANARY, CANARY[:8], CANARY[-8:]):
        assert form not in told


@needed
def test_a_name_that_it_does_not_know():
    with pytest.raises(UsageError, match="litellm knows no provider for `nobody/x`"):
        opened("litellm/nobody/x", [])


@needed
def test_models_that_take_less_are_told_less(question):
    model, _ = opened("litellm/anthropic/claude-3-5-sonnet-20241022", [])
    assert {"seed", "logprobs"}.isdisjoint(model.capabilities)
    assert model.host


@needed
def test_it_goes_nowhere_else(server, tmp_path):
    """In a process of its own, from before its import: one host, no `.env`, no word."""
    (tmp_path / ".env").write_text("CANARY_OF_DOTENV=1\n")
    script = f"""
import asyncio, os, sys
from pathlib import Path
seen = set()
def look(event, args):
    if event == "socket.connect": seen.add(str(args[1]))
    if event == "socket.getaddrinfo": seen.add(str(args[0]))
sys.addaudithook(look)
from evalkit.core.exchange import Request
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec
async def go():
    spec = parse_spec({at(server)!r}, where="t")
    async with open_model(spec, name="m", folder=Path()) as model:
        return await model.answer(Request(messages=[{{"role": "user", "content": "a"}}]))
assert asyncio.run(go()).text == "echo: a"
assert "CANARY_OF_DOTENV" not in os.environ
assert all("127.0.0.1" in place for place in seen), seen
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if not k.startswith("LITELLM")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
