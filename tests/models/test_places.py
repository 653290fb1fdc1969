# SPDX-License-Identifier: Apache-2.0
"""Where a model is asked, under what name and with whose key."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Request
from evalkit.models._azure import base_url
from evalkit.models._chat import body
from evalkit.models._endpoints import UNKNOWN, address, endpoints, owner
from evalkit.models._places import place
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec, provider

KEYS = ("OPENAI", "AZURE_OPENAI", "TOGETHER", "MISTRAL", "DASHSCOPE", "DEEPSEEK", "OPENROUTER")
MOVES = ("OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT", "OPENAI_API_VERSION")
RESOURCE = "https://acme.openai.azure.com"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in KEYS:
        monkeypatch.setenv(f"{name}_API_KEY", f"key-of-{name.lower()}")
    for name in MOVES:
        monkeypatch.delenv(name, raising=False)


def placed(value):
    spec = parse_spec(value, where="t")
    return place(provider(spec)[1], spec, "m")


@pytest.mark.parametrize(
    ("value", "url", "model", "key"),
    [
        ("gpt-4.1", "https://api.openai.com/v1", "gpt-4.1", "openai"),
        ("together/a/b", "https://api.together.xyz/v1", "a/b", "together"),
        ("mistral/open-7b", "https://api.mistral.ai/v1", "open-7b", "mistral"),
        (
            "dashscope/qwen-plus",
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
            "qwen-plus",
            "dashscope",
        ),
        ("deepseek/deepseek-chat", "https://api.deepseek.com/v1", "deepseek-chat", "deepseek"),
        (
            "openrouter/openai/gpt-4o",
            "https://openrouter.ai/api/v1",
            "openai/gpt-4o",
            "openrouter",
        ),
        ("vllm/Qwen/Qwen3-8B", "http://127.0.0.1:8000/v1", "Qwen/Qwen3-8B", None),
        ("ollama/llama3:8b", "http://127.0.0.1:11434/v1", "llama3:8b", None),
        ("llama-cpp/any", "http://127.0.0.1:8080/v1", "any", None),
        ({"use": "vllm/a/b", "url": "http://gpu:9/v1"}, "http://gpu:9/v1", "a/b", None),
        # A server that is somebody else's: the name goes whole, and no key goes there.
        (
            {"use": "openai/gpt-4o", "url": "http://gw:9/v1"},
            "http://gw:9/v1",
            "openai/gpt-4o",
            None,
        ),
        ({"use": "mistral/x", "url": "https://gw/v1"}, "https://gw/v1", "mistral/x", None),
        # The provider's own host: its key, but never in the clear.
        (
            {"use": "mistral-small", "url": "https://api.mistral.ai/v1"},
            "https://api.mistral.ai/v1",
            "mistral-small",
            "mistral",
        ),
        (
            {"use": "mistral/x", "url": "http://api.mistral.ai/v1"},
            "http://api.mistral.ai/v1",
            "x",
            None,
        ),
        (
            {"use": "dashscope/q", "url": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"},
            "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
            "q",
            "dashscope",
        ),
        ({"use": "x", "url": "https://api.mistral.ai.evil.example/v1"}, None, "x", None),
        ({"use": "x", "url": "https://evil-openai.azure.com.example/v1"}, None, "x", None),
    ],
)
def test_where_and_whose_key(value, url, model, key):
    found = placed(value)
    assert found.to.url == (url or value["url"])
    assert found.model == model
    assert found.key == (f"key-of-{key}" if key else "none")


@pytest.mark.parametrize(
    ("url", "expected", "version"),
    [
        (RESOURCE, "/openai/v1", None),
        (f"{RESOURCE}/", "/openai/v1", None),
        (f"{RESOURCE}/openai", "/openai/v1", None),
        (f"{RESOURCE}/openai/v1/", "/openai/v1", None),
        (f"{RESOURCE}/openai/v1/chat/completions", "/openai/v1", None),
        (f"{RESOURCE}/?api-version=2024-10-21", "/openai/deployments/sup%20port", "2024-10-21"),
        (
            f"{RESOURCE}/openai/deployments/d/chat/completions?api-version=7",
            "/openai/deployments/d",
            "7",
        ),
        ("https://gateway.example/azure/v1", "/azure/v1", None),
    ],
)
def test_azure_addresses(url, expected, version):
    made = address(base_url(url, "sup port"))
    assert made.url.endswith(expected)
    assert made.query.get("api-version") == version


def test_azure_by_environment(monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", RESOURCE)
    found = placed("azure/support-ft")
    assert (found.to.url, found.model) == (f"{RESOURCE}/openai/v1", "support-ft")
    assert (found.key, found.key_header) == ("key-of-azure_openai", "api-key")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    older = placed("azure/support-ft").to
    assert older.url == f"{RESOURCE}/openai/deployments/support-ft"
    assert older.query == {"api-version": "2024-10-21"}


def test_azure_without_version_or_address():
    with pytest.raises(UsageError, match="no api-version"):
        placed({"use": "azure/d", "url": f"{RESOURCE}/openai/deployments/d"})
    with pytest.raises(UsageError) as caught:
        placed("azure/d")
    assert "azure has no address of its own" in caught.value.message
    assert "AZURE_OPENAI_ENDPOINT" in caught.value.hint


def test_azure_by_host_alone_and_at_a_gateway():
    assert placed({"use": "support-ft", "url": RESOURCE}).key_header == "api-key"
    gateway = {"use": "azure/support-ft", "url": "https://gateway.example/azure/v1"}
    assert placed(gateway).key == "none"  # the resource's key is not for strangers
    named = placed({**gateway, "key_env": "AZURE_OPENAI_API_KEY"})
    assert (named.key, named.key_header) == ("key-of-azure_openai", "api-key")


def test_a_sign_in_token_is_a_bearer(monkeypatch):
    monkeypatch.setenv("AZURE_AD_TOKEN", "eyJhbGciOi.eyJzdWIi.c2ln")
    value = {"use": "azure/d", "url": RESOURCE, "key_env": "AZURE_AD_TOKEN"}
    assert placed(value).key_header is None


@pytest.mark.parametrize(
    ("path", "query"),
    [("/openai/v1/chat/completions", ""), ("/openai/deployments/d/chat/completions", "7")],
)
def test_azure_over_the_wire(server, question, monkeypatch, path, query):
    root = server.url.removesuffix("/v1")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", root + (f"?api-version={query}" if query else ""))
    server.key = "key-of-azure_openai"

    async def go():
        spec = parse_spec({"use": "azure/d", "is": "gpt-5-mini"}, where="t")
        async with open_model(spec, name="m", folder=Path()) as model:
            return model, await model.answer(question())

    model, reply = asyncio.run(go())
    assert reply.text == "echo: Where is it?"
    sent = server.headers[0]
    assert sent["api-key"] == "key-of-azure_openai"
    assert "authorization" not in sent
    assert server.paths == [path + (f"?api-version={query}" if query else "")]
    assert "max_completion_tokens" in server.requests[0]
    assert (model.batch is None) == bool(query)


@pytest.mark.parametrize(
    ("name", "sent", "unsent"),
    [
        ("mistral", {"random_seed": 7, "max_tokens": 9}, {"seed", "logprobs", "top_logprobs"}),
        ("together", {"seed": 7, "logprobs": 20}, {"top_logprobs"}),
        ("fireworks", {"logprobs": True, "top_logprobs": 5}, set()),
        ("deepseek", {"logprobs": True, "top_logprobs": 20}, {"seed"}),
        ("openai", {"seed": 7, "logprobs": True, "top_logprobs": 20}, {"random_seed"}),
        ("vllm", {"seed": 7, "logprobs": True, "top_logprobs": 20}, set()),
    ],
)
def test_each_in_its_own_words(name, sent, unsent):
    request = Request(messages=[], max_tokens=9, seed=7, top_logprobs=20)
    made = body("m", request, endpoint=endpoints()[name])
    assert sent.items() <= made.items()
    assert not (unsent | {""}) & made.keys()


def test_every_endpoint_is_well_formed():
    for name, endpoint in endpoints().items():
        assert endpoint.apis, name
        assert set(endpoint.apis) <= {"chat", "completions"}, name
        assert endpoint.logprobs in ("flag", "count"), name
        if endpoint.base_url:
            assert endpoint.owns(address(endpoint.base_url).host), name
            assert endpoint.anywhere or endpoint.base_url.startswith("https://"), name
    assert owner("127.0.0.1:8000") is None  # who runs there is not known
    assert owner("api.mistral.ai") == "mistral"
    assert owner("[::1]:80") is None
    assert UNKNOWN.key_env is None
