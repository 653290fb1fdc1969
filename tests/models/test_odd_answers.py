# SPDX-License-Identifier: Apache-2.0
"""Answers that are odd but paid for are kept; odd numbers in them stop nothing."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from evalkit.core.errors import InputError, StoppedError
from evalkit.core.exchange import Reply, Usage
from evalkit.models._faults import RequestError
from evalkit.models._store import Store
from evalkit.models._usage import MOST, usage
from evalkit.models.ask import Terms, ask_all
from evalkit.models.open import OpenModel, open_model
from evalkit.models.spec import ModelSpec, parse_spec


def completion(text, counts=None):
    choice = {
        "index": 0,
        "finish_reason": "length",
        "message": {"role": "assistant", "content": text},
    }
    return json.dumps({"model": "m", "choices": [choice], "usage": counts}).encode()


def asked(server, questions, store, terms=None, **spec):
    async def go():
        chosen = parse_spec({"use": "m", "url": server.url, **spec}, where="t")
        async with open_model(chosen, name="m", folder=Path()) as model:
            return await ask_all(model, questions, store, terms=terms or Terms())

    return asyncio.run(go())


def test_half_an_emoji_is_a_text_like_any(server, question, store):
    server.fail(body=completion("a\ud83d"), times=1)
    for _ in range(2):
        ((reply, _, _),) = asked(server, [question()], store)
        assert (reply.text, reply.finish) == ("a\ud83d", "length")
    assert len(server.requests) == 1


def test_what_came_whole_and_cannot_be_read_is_asked_once_more(
    server, question, monkeypatch, store
):
    monkeypatch.setattr("evalkit.models._retry._FIRST_STEP", 0.001)
    server.fail(body=b'{"choices": [{"message": {"cont', times=10**9)
    ((reply, _, _),) = asked(server, [question()], store)
    assert (reply.finish, len(server.requests)) == ("error", 2)
    assert store.states() == {"sent": 1}  # perhaps paid for


@pytest.mark.parametrize("number", [10**30, -1, MOST + 1, 1.5, True, "9"])
def test_counts_that_cannot_be(server, question, store, number):
    body = completion("yes", {"prompt_tokens": number, "completion_tokens": 1, "total_tokens": 2})
    server.fail(body=body, times=1)
    ((reply, _, _),) = asked(server, [question()], store)
    assert (reply.text, reply.usage) == ("yes", None)


def test_the_most_that_counts():
    assert usage({"prompt_tokens": MOST, "completion_tokens": 0}) == Usage(MOST, 0)


def test_a_row_that_cannot_be_written_fails_alone(store, question):
    keys = [Store.key("x", question(str(n))) for n in range(9)]
    for n, key in enumerate(keys):
        store.plan(key, question(str(n))).result()
    odd = [10**30 if n == 4 else n for n in range(9)]
    writes = [
        store.save(key, Reply(text="t", usage=Usage(count, 1)), 0.1)
        for key, count in zip(keys, odd, strict=True)
    ]
    for n, done in enumerate(writes):
        if n == 4:
            with pytest.raises(InputError, match="cannot use the store"):
                done.result(timeout=60)
        else:
            assert done.result(timeout=60) == [True]
    assert store.states() == {"ok": 8, "sent": 1}


def test_nothing_waits_for_a_store_that_is_closed(tmp_path, question):
    from evalkit.models._store import open_store

    closed = open_store(tmp_path / "s.sqlite")
    closed.close()
    with pytest.raises(InputError):
        closed.plan(b"k", question()).result(timeout=60)


def test_a_stop_does_not_wait_out_what_a_refusal_asks_for(store, question):
    stop = asyncio.Event()

    async def answer(request):
        stop.set()
        await asyncio.sleep(0.5)  # the stop is seen meanwhile
        raise RequestError("busy", status=429, retry_after=500.0, retryable=True)

    model = OpenModel(
        name="m", spec=ModelSpec(use="fake:m"), identity="x", host=None, logprobs=False,
        answer=answer,
    )  # fmt: skip
    began = time.monotonic()
    with pytest.raises(StoppedError):
        asyncio.run(ask_all(model, [question()], store, terms=Terms(stop=stop)))
    assert time.monotonic() - began < 50
