# SPDX-License-Identifier: Apache-2.0
"""Over real HTTP with the real client: the client's library cannot be patched, and need not be."""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
import traceback
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from evalkit.core.errors import RemoteError, UsageError
from evalkit.core.exchange import Request, Usage
from evalkit.models._chat import body, reasons
from evalkit.models._store import open_store
from evalkit.models._wire import reply_from_json, reply_to_json
from evalkit.models.ask import ask_all
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec

CANARY = "sk-CANARY-0123456789-abcdefghij"


def asked(requests, value, **given):
    """Replies (or the error) of a model opened by its specification."""

    async def go():
        spec = parse_spec(value, where="test")
        async with open_model(spec, name="m", folder=Path(), **given) as model:
            return [await model.answer(request) for request in requests]

    return asyncio.run(go())


def at(server, **more):
    return {"use": "m-1", "url": server.url, **more}


def test_one_answer_whole(server, question):
    request = question("Hello there", "Be brief.", top_logprobs=4, max_tokens=2)
    (reply,) = asked([request], at(server))
    assert (reply.text, reply.finish, reply.model) == ("echo: Hello", "length", "m-1-2026-01-01")
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (12, 2)
    assert [p.token for p in reply.positions] == ["echo:", " Hello"]
    assert [t for t, _ in reply.positions[0].top] == ["yes", "no", "other0", "other1"]
    assert server.requests == [
        {
            "model": "m-1",
            "messages": request.messages,
            "max_tokens": 2,
            "temperature": 0.0,
            "seed": 0,
            "logprobs": True,
            "top_logprobs": 4,
        }
    ]


def test_labels_are_not_sent(server, question):
    asked([question(labels=("a", "b"))], at(server))
    assert "labels" not in server.requests[0]


def test_own_settings_and_further_fields(server, question):
    asked([question()], at(server, max_tokens=3, options={"service_tier": "flex"}, timeout=9))
    sent = server.requests[0]
    assert (sent["max_tokens"], sent["service_tier"]) == (3, "flex")
    assert "timeout" not in sent


@pytest.mark.parametrize(
    ("name", "so"),
    [
        ("o3-mini", True),
        ("gpt-5.5", True),
        ("ft:gpt-5-mini:acme::1", True),
        ("gpt-5-chat-latest", False),
        ("gpt-4.1-mini", False),
        ("openchat", False),
        ("gpt-oss-120b", False),  # served by others, who take temperature and max_tokens
    ],
)
def test_reasoning_models_by_name(name, so):
    assert reasons(name) is so


def test_reasoning_models_get_their_own_parameters(server, question):
    asked([question(top_logprobs=5)], {"use": "prod", "url": server.url, "is": "gpt-5.5"})
    sent = server.requests[0]
    assert sent["max_completion_tokens"] == 256
    assert not {"max_tokens", "temperature", "logprobs", "top_logprobs"} & sent.keys()
    assert body("o3", Request(messages=[]), reasoning=True)["max_completion_tokens"] == 256


def test_transient_faults_are_asked_again(server, question, monkeypatch):
    monkeypatch.setattr("evalkit.models._retry._FIRST_STEP", 0.001)
    server.fail(500).fail(503).fail(429, headers={"Retry-After": "0"}).fail(cut=True)
    (reply,) = asked([question()], at(server))
    assert reply.text == "echo: Where is it?"
    assert len(server.requests) == 5


def test_retry_after_is_waited(server, question):
    server.fail(429, headers={"retry-after-ms": "400"})
    asked([question()], at(server))
    first, second = server.times
    assert second - first >= 0.4


@pytest.mark.parametrize(
    ("fault", "attempts", "says"),
    [
        ({"status": 400}, 1, "answered 400: ordered"),
        ({"status": 422}, 1, "answered 422"),
        ({"body": {"error": {"message": "odd"}}}, 1, "an error in a good answer: odd"),
        ({"body": {"choices": []}}, 1, "no choices"),
        ({"body": {"choices": [None]}}, 1, "no choices"),
        ({"body": b"[1, 2]"}, 5, "not a JSON object"),
        ({"body": b'{"choices": [{"mess'}, 2, "not JSON"),
        ({"status": 500, "body": b"<html>"}, 5, "answered 500"),
    ],
)
def test_a_failed_request_is_an_answer(server, question, monkeypatch, fault, attempts, says):
    monkeypatch.setattr("evalkit.models._retry._FIRST_STEP", 0.001)
    server.fail(times=attempts, **fault)
    first, second = asked([question(), question("Next")], at(server))
    assert (first.finish, first.text) == ("error", "")
    assert says in first.error
    assert second.text == "echo: Next"
    assert len(server.requests) == attempts + 1


def test_odd_answers_are_read_as_far_as_they_go(server, question):
    odd = {
        "choices": [
            {
                "message": {"content": [{"type": "text", "text": "a"}, {"text": "b"}, 3]},
                "finish_reason": "whatever",
                "logprobs": {"content": [{"token": "a", "logprob": None, "top_logprobs": [7]}]},
            }
        ],
        "usage": {"prompt_tokens": "9"},
    }
    server.fail(body=odd)
    (reply,) = asked([question()], at(server))
    assert (reply.text, reply.finish, reply.usage) == ("ab", "unknown", None)
    assert reply.positions[0].logprob == -9999.0


TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}


def test_tools_and_a_form_for_the_answer(server, question):
    server.answer = lambda _: {"content": None, "tool_calls": [CALL]}
    value = at(server, tool_choice="required", response_format={"type": "json_object"})
    (reply,) = asked([question(tools=TOOLS)], value)
    assert (reply.text, reply.finish, reply.tool_calls) == ("", "tool_calls", (CALL,))
    sent = server.requests[0]
    assert (sent["tools"], sent["tool_choice"]) == (TOOLS, "required")
    assert sent["response_format"] == {"type": "json_object"}


def test_no_seed(server, question):
    asked([question()], at(server, seed=None))
    assert "seed" not in server.requests[0]


def test_what_was_thought_is_no_part_of_the_answer(server, question):
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hmm"}]}
    messages = [
        {"content": "yes", "reasoning_content": "hmm"},
        {"content": "yes", "reasoning": "hmm"},
        {"content": [thought, {"type": "text", "text": "yes"}]},
    ]
    for message in messages:
        server.fail(body={"choices": [{"message": message, "finish_reason": "stop"}]})
    assert [reply.text for reply in asked([question()] * 3, at(server))] == ["yes"] * 3


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 4}, Usage(9, 4)),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "prompt_tokens_details": {"cached_tokens": 8},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(9, 4, 8, 3),
        ),
        (
            {"prompt_tokens": 9, "completion_tokens": 4, "prompt_cache_hit_tokens": 2},
            Usage(9, 4, 2),
        ),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "prompt_tokens_details": {"cached_tokens": 99},
                "completion_tokens_details": None,
            },
            Usage(9, 4, 9),
        ),
        ({"prompt_tokens": 9}, Usage(9, 0)),
        ({"prompt_tokens": -1, "completion_tokens": 4}, None),
        ({"prompt_tokens": True, "completion_tokens": 4}, None),
        ({"prompt_tokens": 9, "completion_tokens": 4.5}, None),
        ([], None),
        (None, None),
    ],
)
def test_counted_tokens(server, question, counts, usage):
    server.fail(body={"choices": [{"message": {"content": "a"}}], "usage": counts})
    (reply,) = asked([question()], at(server))
    assert reply.usage == usage
    assert reply_from_json(reply_to_json(reply)) == reply


@pytest.mark.parametrize(
    ("choice", "finish", "refusal"),
    [
        ({"message": {"content": "cut"}, "finish_reason": "length"}, "length", None),
        ({"message": {"content": "cut"}, "finish_reason": "model_length"}, "length", None),
        ({"message": {"content": None}, "finish_reason": "content_filter"}, "content_filter", None),
        ({"message": {"content": None, "refusal": "No."}, "finish_reason": "stop"}, "stop", "No."),
        ({"message": {"content": ""}, "finish_reason": None}, "unknown", None),
        ({"message": None}, "unknown", None),
        ({}, "unknown", None),
    ],
)
def test_ends_of_all_kinds(server, question, choice, finish, refusal):
    server.fail(body={"choices": [choice]})
    (reply,) = asked([question()], at(server))
    assert (reply.finish, reply.refusal) == (finish, refusal)


def test_together_writes_log_probabilities_its_own_way(server, question):
    logprobs = {"tokens": ["a", "b"], "token_logprobs": [-0.1, -0.2], "token_ids": [1, 2]}
    choice = {"message": {"content": "ab"}, "logprobs": logprobs, "finish_reason": "eos"}
    server.fail(body={"choices": [choice]})
    (reply,) = asked([question()], at(server))
    assert [(p.token, p.logprob) for p in reply.positions] == [("a", -0.1), ("b", -0.2)]
    assert reply.finish == "stop"


def test_no_answer_in_time(server, question):
    server.fail(wait=1.0, times=2)
    (reply,) = asked([question()], at(server, timeout=0.2))
    assert "no answer from 127.0.0.1" in reply.error
    assert len(server.requests) == 2


def test_lone_surrogate_is_one_failed_request(server, question):
    first, second = asked([question("\ud800"), question()], at(server))
    assert "not valid Unicode" in first.error
    assert second.finish == "stop"


def test_a_number_that_json_cannot_say_is_one_failed_request(server, question):
    nan = question(tools=[{"type": "function", "x": float("nan")}])
    first, second = asked([nan, question()], at(server))
    assert "cannot be written as JSON" in first.error
    assert second.finish == "stop"
    assert len(server.requests) == 1


def test_out_of_quota_stops(server, question):
    error = {"error": {"message": "You exceeded", "code": "insufficient_quota"}}
    server.fail(429, body=error)
    with pytest.raises(RemoteError, match="no quota left") as caught:
        asked([question()], at(server))
    assert caught.value.exit_code == 3
    assert len(server.requests) == 1


def test_unknown_model_stops(server, question):
    server.fail(404)
    with pytest.raises(RemoteError, match="404: ordered"):
        asked([question()], at(server))


def test_nothing_listens(question):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(RemoteError) as caught:
        asked([question()], {"use": "m", "url": f"http://127.0.0.1:{port}/v1"})
    assert caught.value.message == f"cannot reach 127.0.0.1:{port}: connection refused"
    assert caught.value.exit_code == 3


def test_unknown_host(question):
    with pytest.raises(RemoteError, match="cannot reach no-such-host"):
        asked([question()], {"use": "m", "url": "http://no-such-host.invalid/v1"})


def test_key_goes_where_it_is_named_for(server, question, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-CANARY")
    monkeypatch.setenv("OTHER_KEY", "other-key-0123456789")
    asked([question()], at(server))
    assert "CANARY" not in str(server.headers)
    asked([question()], at(server, key_env="OTHER_KEY"))
    assert server.headers[-1]["authorization"] == "Bearer other-key-0123456789"
    assert "CANARY" not in str(server.headers)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    asked([question()], "openai/m-1")
    assert server.headers[-1]["authorization"] == f"Bearer {CANARY}"
    assert server.headers[-1]["openai-organization"] == "org-CANARY"


def test_login_in_a_url_is_sent_and_not_shown(server, question):
    url = server.url.replace("http://", "http://me:pw-CANARY@") + "?api-version=7"

    async def go():
        spec = parse_spec({"use": "m-1", "url": url}, where="test")
        async with open_model(spec, name="m", folder=Path()) as model:
            await model.answer(question())
            return model

    model = asyncio.run(go())
    assert model.identity == f"{server.url} m-1"
    assert model.host == server.url.split("/")[2]
    expected = base64.b64encode(b"me:pw-CANARY").decode()
    assert server.headers[0]["authorization"] == f"Basic {expected}"
    assert server.paths == ["/v1/chat/completions?api-version=7"]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "the environment variable MY_KEY is not set"),
        ("two words", "does not hold a key"),
        ("line\nbreak", "does not hold a key"),
        ("schlüssel", "does not hold a key"),
    ],
)
def test_no_key(server, question, monkeypatch, value, says):
    monkeypatch.setenv("MY_KEY", value)
    with pytest.raises(UsageError) as caught:
        asked([question()], at(server, key_env="MY_KEY"))
    assert says in caught.value.message
    assert not value or value not in str(caught.value)


def test_no_address(monkeypatch, question):
    monkeypatch.setenv("AZURE_API_KEY", "x" * 20)
    with pytest.raises(UsageError, match="azure has no address of its own"):
        asked([question()], {"use": "azure/support", "key_env": "AZURE_API_KEY"})


FORMS = (CANARY, CANARY[:8], CANARY[-8:], base64.b64encode(CANARY.encode()).decode()[:20])


def test_keys_are_nowhere(server, tmp_path, question, monkeypatch, caplog, capfd):
    """Wrong key, right key, crash: not in the error, its traceback, the logs, the store."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("MY_KEY", CANARY)
    server.key = "another"
    path = tmp_path / "store.sqlite"
    seen = []

    async def go():
        spec = parse_spec(at(server, key_env="MY_KEY"), where="test")
        async with open_model(spec, name="m", folder=Path()) as model:
            with open_store(path) as store:
                try:
                    await ask_all(model, [question()], store)
                except RemoteError as error:
                    seen.append("".join(traceback.format_exception(error)))
                server.key = None
                server.fail(400, body={"error": {"message": f"bad key {CANARY}"}})
                seen.append(str(await ask_all(model, [question("a"), question("b")], store)))
        seen.append(repr(model))

    asyncio.run(go())
    seen += [caplog.text, *capfd.readouterr()]
    seen += [p.read_bytes().decode("latin-1") for p in tmp_path.iterdir()]
    assert "refused the key in MY_KEY (401)" in seen[0]
    for text in seen:
        for form in FORMS:
            assert form not in text


def test_two_providers_with_two_keys(server, question, monkeypatch):
    monkeypatch.setenv("KEY_A", "key-a-0123456789")
    monkeypatch.setenv("KEY_B", "key-b-0123456789")

    async def go():
        async with AsyncExitStack() as stack:
            for name in "AB":
                spec = parse_spec(at(server, key_env=f"KEY_{name}"), where="test")
                model = await stack.enter_async_context(open_model(spec, name=name, folder=Path()))
                await model.answer(question(name))

    asyncio.run(go())
    sent = [headers["authorization"][7:12] for headers in server.headers]
    assert sent == ["key-a", "key-b"]
