# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from evalkit.core.errors import RemoteError
from evalkit.core.exchange import Reply
from evalkit.models._store import open_store
from evalkit.models.ask import ask_all
from evalkit.models.open import OpenModel, open_model
from evalkit.models.spec import ModelSpec, parse_spec


def fake(answer, concurrency=4, identity="fake"):
    return OpenModel(
        name="m",
        spec=ModelSpec(use="fake:m"),
        identity=identity,
        host=None,
        logprobs=False,
        answer=answer,
        concurrency=concurrency,
    )


async def echo(request):
    await asyncio.sleep(0)
    return Reply(text=request.messages[-1]["content"].upper())


def test_order_is_kept_and_equal_questions_are_asked_once(store, question):
    seen = []

    async def answer(request):
        text = request.messages[-1]["content"]
        seen.append(text)
        await asyncio.sleep(0.02 / (1 + len(seen)))  # the later, the faster
        return Reply(text=text.upper())

    told = []
    requests = [question(text) for text in "abcabd"]
    results = asyncio.run(
        ask_all(fake(answer), requests, store, on_progress=lambda *now: told.append(now))
    )
    assert [reply.text for reply, _, _ in results] == list("ABCABD")
    assert [cached for _, _, cached in results] == [False, False, False, True, True, False]
    assert sorted(seen) == list("abcd")
    assert told[-1] == (6, 2, 0)


def test_stored_answers_are_not_asked_again(store, question):
    async def never(request):
        raise AssertionError(request)

    requests = [question("a"), question("b")]
    first = asyncio.run(ask_all(fake(echo), requests, store))
    again = asyncio.run(ask_all(fake(never), requests, store))
    assert [(r, s) for r, s, _ in again] == [(r, s) for r, s, _ in first]
    assert all(cached for _, _, cached in again)
    assert asyncio.run(ask_all(fake(never), [], store)) == []


def test_repeats_and_other_models_are_asked_by_themselves(store, question):
    def asked(**how):
        repeat = how.pop("repeat", 0)
        return asyncio.run(ask_all(fake(echo, **how), [question()], store, repeat=repeat))[0][2]

    assert [asked(), asked(), asked(repeat=1), asked(identity="other")] == [
        False,
        True,
        False,
        False,
    ]


def test_errors_are_asked_again(store, question):
    async def fails(request):
        return Reply(text="", finish="error", error="500")

    told = []
    asyncio.run(ask_all(fake(fails), [question()], store, on_progress=lambda *n: told.append(n)))
    assert told == [(1, 0, 1)]
    ((reply, _, cached),) = asyncio.run(ask_all(fake(echo), [question()], store))
    assert (reply.finish, cached) == ("stop", False)


def test_a_stop_finishes_what_is_under_way(store, question):
    async def answer(request):
        text = request.messages[-1]["content"]
        if text == "b":
            raise RemoteError("no quota", status=429)
        await asyncio.sleep(0.05)
        return Reply(text=text)

    requests = [question(text) for text in "abcdefgh"]
    with pytest.raises(RemoteError, match="no quota"):
        asyncio.run(ask_all(fake(answer, concurrency=3), requests, store))
    states = store.states()
    assert states["ok"] == 2  # a and c were under way
    assert states["sent"] == 1  # b


def test_concurrency_is_kept_to(server, store, question):
    server.delay = 0.05
    spec = parse_spec({"use": "m", "url": server.url, "concurrency": 3}, where="test")

    async def go():
        async with open_model(spec, name="m", folder=Path()) as model:
            await ask_all(model, [question(str(n)) for n in range(12)], store)

    asyncio.run(go())
    assert server.most_under_way == 3


PROGRAM = """
import asyncio, sys
from pathlib import Path
from evalkit.core.exchange import Request
from evalkit.models._store import open_store
from evalkit.models.ask import ask_all
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec

async def main(url, path, n):
    spec = parse_spec({"use": "m", "url": url, "concurrency": 8}, where="test")
    requests = [Request(messages=[{"role": "user", "content": f"q{i}"}]) for i in range(n)]
    async with open_model(spec, name="m", folder=Path()) as model:
        with open_store(Path(path)) as store:
            results = await ask_all(model, requests, store)
    print([reply.text for reply, _, _ in results] == [f"echo: q{i}" for i in range(n)])

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def answered(path: Path) -> set[str]:
    """The questions whose answers a store holds, read beside its writer."""
    with open_store(path) as store:
        rows = store._reader.execute("SELECT body FROM request WHERE state = 'ok'").fetchall()
    import json

    return {json.loads(body)["messages"][0]["content"] for (body,) in rows}


@pytest.mark.parametrize("n", [200])
def test_killed_and_resumed_nothing_is_lost_or_paid_twice(server, tmp_path, n):
    """kill -9 in the middle, thrice; then to the end."""
    path = tmp_path / "store.sqlite"
    server.delay = 0.01
    command = [sys.executable, "-c", PROGRAM, server.url, str(path), str(n)]
    kills = 0
    for share in (0.2, 0.4, 0.6):
        kept = answered(path) if path.exists() else set()
        before = Counter(server.billed)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while len(server.billed) < n * share + 8 * kills and process.poll() is None:
            time.sleep(0.002)
        process.kill()
        process.communicate()
        kills += 1
        if os.name != "nt":
            assert process.returncode == -signal.SIGKILL
        time.sleep(0.1)  # the server ends what it was at
        again = Counter(server.billed) - before
        assert not kept & again.keys()  # what was stored was not asked again
        assert kept <= answered(path)  # and is still there
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    assert done.stdout.split() == [b"True"]
    assert answered(path) == {f"q{i}" for i in range(n)}
    twice = sum(count - 1 for count in Counter(server.billed).values())
    assert twice <= kills * 8
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    asked = len(server.requests)
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    assert len(server.requests) == asked
