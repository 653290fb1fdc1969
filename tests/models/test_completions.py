# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Request
from evalkit.models._completions import body, older, prompt
from evalkit.models._endpoints import endpoints
from evalkit.models._faults import RequestError
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec


def opened(value, requests):
    async def go():
        async with open_model(parse_spec(value, where="t"), name="m", folder=Path()) as model:
            return model, [await model.answer(request) for request in requests]

    return asyncio.run(go())


def test_over_the_wire(server, question):
    value = {"use": "base-1", "url": server.url, "api": "completions", "stop": ["\n"]}
    model, (reply,) = opened(value, [question("Once upon", top_logprobs=2, max_tokens=2)])
    assert (reply.text, reply.finish) == ("echo: Once", "length")
    assert [p.token for p in reply.positions] == ["echo:", " Once"]
    assert [t for t, _ in reply.positions[0].top] == ["yes", "no"]
    assert reply.positions[0].top[0][1] > reply.positions[0].top[1][1]
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (2, 2)
    assert server.requests == [
        {
            "model": "base-1",
            "prompt": "Once upon",
            "max_tokens": 2,
            "temperature": 0.0,
            "seed": 0,
            "logprobs": 2,
            "stop": ["\n"],
        }
    ]
    assert server.paths == ["/v1/completions"]
    assert model.identity == f"{server.url} base-1 completions"
    assert {"tools", "response_format", "batch"}.isdisjoint(model.capabilities)


@pytest.mark.parametrize(
    ("name", "so"),
    [
        ("davinci-002", True),
        ("ft:babbage-002:acme::1", True),
        ("gpt-3.5-turbo-instruct", True),
        ("gpt-3.5-turbo-instruct-0914", True),
        ("gpt-3.5-turbo", False),
        ("davinci-0021", False),
    ],
)
def test_models_that_know_nothing_else(name, so):
    assert older(name) is so


def test_by_name(server, question, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "k-0123456789")
    opened("ft:davinci-002:acme::1", [question(top_logprobs=20)])
    assert server.paths == ["/v1/completions"]
    assert server.requests[0]["logprobs"] == 5  # the most that OpenAI gives here


def turn(role, content):
    return {"role": role, "content": content}


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([turn("user", "a text\n\n###\n\n")], "a text\n\n###\n\n"),
        ([turn("user", [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])], "ab"),
        ([turn("system", "Be brief."), turn("user", "Hi")], "Be brief.\n\nHi"),
        (
            [turn("user", "你好"), turn("assistant", "您好"), turn("user", "再见")],
            "User: 你好\n\nAssistant: 您好\n\nUser: 再见\n\nAssistant:",
        ),
        (
            [turn("developer", "S"), turn("user", "1"), turn("assistant", None), turn("user", "2")],
            "S\n\nUser: 1\n\nAssistant: \n\nUser: 2\n\nAssistant:",
        ),
        ([], ""),
    ],
)
def test_prompt(messages, text):
    assert prompt(messages) == text


@pytest.mark.parametrize(
    "request_",
    [
        Request(messages=[turn("user", [{"type": "image_url", "image_url": {"url": "x"}}])]),
        Request(messages=[turn("user", "a")], tools=[{"type": "function"}]),
    ],
)
def test_no_place_for_it(request_):
    with pytest.raises(RequestError, match="have no place for"):
        body("m", request_)


def test_what_cannot_be_sent_is_that_questions_error(server, question):
    image = question([{"type": "image_url", "image_url": {"url": "x"}}])
    value = {"use": "base-1", "url": server.url, "api": "completions"}
    _, (bad, good) = opened(value, [image, question("b")])
    assert bad.error == "completions have no place for anything but text"
    assert good.text == "echo: b"


def test_not_everywhere(monkeypatch):
    monkeypatch.setenv("MISTRAL_API_KEY", "k-0123456789")
    assert "completions" not in endpoints()["mistral"].apis
    with pytest.raises(UsageError, match=r"api\.mistral\.ai has no completions"):
        opened({"use": "mistral/open-7b", "api": "completions"}, [])


@pytest.mark.parametrize(
    ("logprobs", "positions"),
    [
        ({"tokens": ["a", "b"], "token_logprobs": [-0.5], "top_logprobs": None}, 2),
        ({"tokens": ["a"], "token_logprobs": [None, 3], "top_logprobs": [{"x": "y"}]}, 1),
        ({"tokens": "ab"}, 0),
        ([], 0),
        (None, 0),
    ],
)
def test_odd_log_probabilities(server, question, logprobs, positions):
    server.fail(body={"choices": [{"text": "ab", "logprobs": logprobs}]})
    value = {"use": "base-1", "url": server.url, "api": "completions"}
    _, (reply,) = opened(value, [question()])
    assert (reply.text, reply.finish, len(reply.positions)) == ("ab", "unknown", positions)
    assert all(p.logprob <= 0 for p in reply.positions)
