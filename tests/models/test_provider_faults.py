# SPDX-License-Identifier: Apache-2.0
"""Whatever a server does, the run ends, in time, with at most five attempts for each question."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from evalkit.core.errors import RemoteError
from evalkit.models import _connection
from evalkit.models._refusals import error_in, refused, seconds_to_wait
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec

MOST_ATTEMPTS = 5


def asked(requests, value):
    async def go():
        async with open_model(parse_spec(value, where="t"), name="m", folder=Path()) as model:
            return await asyncio.gather(*map(model.answer, requests))

    return asyncio.run(go())


@pytest.fixture(autouse=True, params=["aiohttp", "httpx"])
def way(request, monkeypatch):
    """Each of the ways that the client may have: aiohttp's is not there with every version of it."""
    import openai

    def missing(**_given):
        raise RuntimeError("To use the aiohttp client you must have installed its extra")

    if request.param == "httpx":
        monkeypatch.setattr(openai, "DefaultAioHttpClient", missing)
    else:
        pytest.importorskip("aiohttp", reason="aiohttp is not installed")


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr("evalkit.models._retry._FIRST_STEP", 0.001)
    monkeypatch.setattr("evalkit.models._retry.LONGEST_WAIT", 0.02)
    monkeypatch.setattr("evalkit.models._gate._LONGEST", 0.02)


def attempts(server):
    texts = [sent["messages"][-1]["content"] for sent in server.requests]
    return max(texts.count(text) for text in texts)


PAST = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
NEVER = "Fri, 31 Dec 9999 23:59:59 GMT"


@pytest.mark.parametrize(
    "after", ["0", "0.01", "1e9", "-5", "nan", "soon", PAST, NEVER, "", "1" * 999]
)
def test_a_storm_of_429_ends_whatever_it_asks_for(server, question, after):
    server.fail(429, headers={"Retry-After": after}, times=10**9)
    replies = asked([question(str(n)) for n in range(6)], {"use": "m", "url": server.url})
    assert {reply.finish for reply in replies} == {"error"}
    assert all("answered 429" in reply.error for reply in replies)
    assert attempts(server) <= MOST_ATTEMPTS


@pytest.mark.parametrize("after", ["0", "0.01", PAST])
def test_a_storm_that_passes_costs_no_answer(server, question, after):
    server.fail(429, headers={"Retry-After": after}, times=7)
    replies = asked([question(str(n)) for n in range(8)], {"use": "m", "url": server.url})
    assert [reply.text for reply in replies] == [f"echo: {n}" for n in range(8)]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503, "body": b"<html>down</html>"},
        {"status": 529},
        {"body": b'{"choices": [{"message": {"cont'},
        {"cut": True},
        {"reset": True},
        {"status": 502, "body": b""},
        {"body": b""},
        {"body": {"error": {"code": 502, "message": "behind it"}}},
        {"body": {"choices": [{"error": {"code": 429, "message": "busy"}}]}},
    ],
)
def test_for_ever(server, question, fault):
    server.fail(times=10**9, **fault)
    try:
        replies = asked([question(str(n)) for n in range(3)], {"use": "m", "url": server.url})
    except RemoteError:  # a server that is lost for good may stop the run
        replies = []
    assert {reply.finish for reply in replies} <= {"error"}
    assert attempts(server) <= MOST_ATTEMPTS


@pytest.mark.parametrize(
    "body",
    [
        {"error": "plain words"},
        {"error": {"message": "odd", "code": "server_error"}},
        {"choices": []},
        {"choices": None},
        {"choices": {}},
        {},
        {"detail": "no"},
    ],
)
def test_a_200_that_is_no_answer_is_asked_once(server, question, body):
    server.fail(body=body, times=10**9)
    (reply,) = asked([question()], {"use": "m", "url": server.url})
    assert reply.finish == "error"
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_answer_of_100_mb(server, question, monkeypatch, status):
    """It is read no further than its limit, be it good or bad."""
    monkeypatch.setattr(_connection, "MOST_BYTES", 1 << 20)
    server.fail(status, body=b'{"x": "' + b"x" * (100 << 20) + b'"}')
    (reply,) = asked([question()], {"use": "m", "url": server.url})
    if status == 200:
        assert reply.error.endswith("is longer than 1 MB")
        assert len(server.requests) == 1
    else:
        assert reply.text == "echo: Where is it?" if status == 500 else "400" in reply.error


@pytest.mark.parametrize("silent", [True, False])
def test_a_drip_is_given_up(server, question, silent):
    """Each byte comes well within the time, all of them would take minutes."""
    server.fail(times=10**9, **({"wait": 3.0} if silent else {"drip": 0.05}))
    value = {"use": "m", "url": server.url, "timeout": 0.4}
    (reply,) = asked([question()], value)
    assert "no answer from 127.0.0.1" in reply.error
    assert len(server.requests) == 2  # it may have been paid for: once more at most


@contextmanager
def raw_server(head: bytes, piece: bytes, *, once: bool = False):
    """Sends a head, then pieces without end; or one, and then nothing, with the line open."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve(connection):
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(head)
            while not stop.is_set():
                connection.sendall(piece)
                if once:
                    stop.wait()

    def accept():
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        stop.set()
        listener.close()


@pytest.mark.parametrize("status", [b"200 OK", b"418 No"])
def test_an_answer_without_end(question, monkeypatch, status):
    monkeypatch.setattr(_connection, "MOST_BYTES", 1 << 20)
    head = b"HTTP/1.1 " + status + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    with raw_server(head, b"10000\r\n" + b"x" * 65536 + b"\r\n") as url:
        (reply,) = asked([question()], {"use": "m", "url": url, "timeout": 60})
    assert "longer than 1 MB" in reply.error or "answered 418" in reply.error


def test_a_packed_bomb(question, monkeypatch):
    """The limit counts what comes out of it."""
    import gzip

    monkeypatch.setattr(_connection, "MOST_BYTES", 1 << 20)
    packed = gzip.compress(b" " * (64 << 20))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with raw_server(head, packed, once=True) as url:
        (reply,) = asked([question()], {"use": "m", "url": url, "timeout": 60})
    assert "longer than 1 MB" in reply.error


def test_redirections_are_not_followed(server, question, monkeypatch):
    monkeypatch.setenv("MY_KEY", "key-CANARY-0123456789")
    place = "http://user:pw-CANARY@elsewhere.example/v1?token=CANARY"
    server.fail(307, headers={"Location": place})
    with pytest.raises(RemoteError) as caught:
        asked([question()], {"use": "m", "url": server.url, "key_env": "MY_KEY"})
    assert "sends requests elsewhere (307, to elsewhere.example)" in caught.value.message
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        {"code": "content_filter", "message": "The prompt triggered the policy"},
        {"code": "data_inspection_failed", "message": "Input may hold something"},
    ],
)
def test_a_filtered_prompt_is_an_answer_of_its_kind(server, question, error):
    server.fail(400, body={"error": error})
    (reply,) = asked([question()], {"use": "m", "url": server.url})
    assert (reply.finish, reply.text, reply.refusal) == ("content_filter", "", error["message"])


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (402, None),
        (429, "insufficient_quota"),
        (400, "Arrearage"),
        (400, "billing_hard_limit_reached"),
    ],
)
def test_no_money_stops_the_run_at_once(server, question, status, code):
    server.fail(status, body={"error": {"message": "pay", "code": code}}, times=10**9)
    with pytest.raises(RemoteError, match="no quota left") as caught:
        asked([question()], {"use": "m", "url": server.url})
    assert caught.value.exit_code == 3
    assert len(server.requests) == 1


def test_the_gate_hears_good_and_bad_answers(server, question):
    async def go():
        spec = parse_spec({"use": "m", "url": server.url}, where="t")
        async with open_model(spec, name="m", folder=Path()) as model:
            server.fail(400, headers={"x-ratelimit-limit-tokens": "5000000"})
            await model.answer(question())
            return model.gate

    gate = asyncio.run(go())
    assert gate.tokens.per_minute == 5_000_000


def test_limits_that_the_suite_knows(server):
    async def go():
        more = {"requests_per_minute": 60, "tokens_per_minute": 9_000, "concurrency": 3}
        spec = parse_spec({"use": "m", "url": server.url, **more}, where="t")
        async with open_model(spec, name="m", folder=Path()) as model:
            return model

    model = asyncio.run(go())
    assert (model.gate.requests.per_minute, model.gate.tokens.per_minute) == (60, 9_000)
    assert (model.gate.window.most, model.concurrency) == (3, 3)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9.0),
        ({"retry-after": "1e9"}, 1e9),
        ({"retry-after": PAST}, 0.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_what_retry_after_asks_for(headers, seconds):
    assert seconds_to_wait(headers) == seconds


@pytest.mark.parametrize(
    ("document", "code", "said"),
    [
        ({"error": {"code": "c", "message": "m"}}, "c", "m"),
        ({"error": {"type": "t", "message": {"detail": 1}}}, "t", "{'detail': 1}"),
        ({"error": "words"}, "", "words"),
        ({"object": "error", "message": "m", "code": 3}, "3", "m"),
        ({"detail": [{"loc": ["body"]}]}, "", "[{'loc': ['body']}]"),
        ([], "", ""),
        (None, "", ""),
    ],
)
def test_error_objects_of_all_kinds(document, code, said):
    assert error_in(document) == (code, said)


def test_words_of_a_refusal_to_enter_are_left_out_but_not_its_code():
    document = {"error": {"code": "training_not_available", "message": "key sk-CANARY is blocked"}}
    error = refused(403, {}, document, host="h", key_name="MY_KEY")
    assert error.message == "h refused the key in MY_KEY (403, training_not_available)"
