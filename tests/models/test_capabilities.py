# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from evalkit.models._capabilities import CAPABILITIES, missing
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec


def capabilities(value):
    async def go():
        async with open_model(parse_spec(value, where="t"), name="m", folder=Path()) as model:
            return model

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("use", "lacks"),
    [
        ("openai/gpt-4.1-mini", set()),
        ("openai/gpt-5.5", {"logprobs"}),
        ("openai/davinci-002", {"tools", "response_format", "batch"}),
        ("together/x", {"batch"}),
        ("mistral/x", {"batch", "logprobs"}),
        ("deepseek/x", {"batch", "seed"}),
        ("ollama/x", {"batch"}),
    ],
)
def test_declared_before_anything_is_sent(use, lacks, monkeypatch):
    for name in ("OPENAI", "TOGETHER", "MISTRAL", "DEEPSEEK"):
        monkeypatch.setenv(f"{name}_API_KEY", "key-0123456789")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    model = capabilities(use)
    assert model.capabilities == CAPABILITIES.keys() - lacks
    assert model.logprobs == ("logprobs" in model.capabilities)
    assert (model.batch is not None) == ("batch" in model.capabilities)


def test_missing_in_words_and_in_order():
    assert missing(["tools", "logprobs"], {"seed"}) == ["log probabilities", "tools"]
    assert missing(["seed"], {"seed"}) == []
    with pytest.raises(KeyError):
        missing(["seeds"], set())
