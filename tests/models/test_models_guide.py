# SPDX-License-Identifier: Apache-2.0
"""The guide's models open as they stand there, and what it says is refused is refused so."""

from __future__ import annotations

import asyncio
import re
import shlex
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from evalkit.core.errors import MissingExtraError, UsageError
from evalkit.core.exchange import Request
from evalkit.models._endpoints import endpoints
from evalkit.models._weights import MissingWeightsError
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ON_MACHINE = ("local:", "baseline:", "replay:", "exec:", "python:")


@pytest.fixture
def guide(root):
    return (root / "docs" / "models-to-ask.md").read_text("utf-8")


@pytest.fixture
def folder(guide, tmp_path, monkeypatch, examples):
    for kind, name, block in BLOCK.findall(guide):
        if kind == "python":
            (tmp_path / name).write_text(block, "utf-8")
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "old.jsonl").write_text('{"id": "1", "text": "a"}\n', "utf-8")
    for endpoint in endpoints().values():
        if endpoint.key_env:
            monkeypatch.setenv(endpoint.key_env, "key-0123456789")
        if endpoint.url_env:
            monkeypatch.delenv(endpoint.url_env, raising=False)
    monkeypatch.setenv("OUR_KEY", "key-0123456789")
    monkeypatch.delenv("OPENAI_API_VERSION", raising=False)
    return tmp_path


def blocks(guide, name):
    return [yaml.safe_load(block)["models"] for _, n, block in BLOCK.findall(guide) if n == name]


def test_every_model_opens(guide, folder, examples):
    train = examples(("my money", "refund"), ("where is it", "delivery"), ("late", "delivery"))

    async def go():
        opened = {}
        for models in blocks(guide, "models"):
            for name, value in models.items():
                spec = parse_spec(value, where=name)
                try:
                    async with open_model(spec, name=name, folder=folder, train=train) as model:
                        opened[name, spec.use] = model.host
                except (MissingExtraError, MissingWeightsError):
                    assert spec.use.startswith("local:")
        return opened

    opened = asyncio.run(go())
    assert len(opened) >= 15
    for (_, use), host in opened.items():
        assert (host is None) == use.startswith(ON_MACHINE), use


def test_its_program_and_function_answer(guide, folder):
    async def ask(use):
        async with open_model(parse_spec(use, where="t"), name="m", folder=folder) as model:
            return await model.answer(Request(messages=[{"role": "user", "content": "Where?"}]))

    models = blocks(guide, "models")[0]
    program = models["mine"].replace("python", shlex.quote(sys.executable), 1)
    assert asyncio.run(ask(program)).text == "You asked: Where?"
    reply = asyncio.run(ask(models["function"]))
    assert (reply.text, reply.usage.prompt_tokens) == ("WHERE?", 1)


def test_what_is_refused_is_refused_in_these_words(guide):
    found = BLOCK.findall(guide)
    pairs = [
        (yaml.safe_load(block)["models"], said)
        for (_, name, block), (_, _, said) in pairwise(found)
        if name == "refused"
    ]
    assert len(pairs) == 5
    for models, said in pairs:
        ((name, value),) = models.items()
        with pytest.raises(UsageError) as caught:
            parse_spec(value, where=f"model `{name}`")
        assert str(caught.value).startswith(said.rstrip("\n"))


def test_every_provider_is_named_with_address_and_key(guide):
    for name, endpoint in endpoints().items():
        (line,) = [
            line for line in guide.splitlines() if line.startswith("|") and f"`{name}/`" in line
        ]
        assert (endpoint.base_url or "`url`") in line
        assert f"`{endpoint.key_env}`" in line if endpoint.key_env else "| none |" in line


def test_its_command_runs(guide, folder, evalkit):
    (command,) = [block for kind, _, block in BLOCK.findall(guide) if kind == "console"]
    told = evalkit(*shlex.split(command.removeprefix("$ "))[1:], cwd=Path(folder))
    assert told.code == 0, told.err
    assert "WHERE IS MY PARCEL?" in told.out
