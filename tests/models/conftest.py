# SPDX-License-Identifier: Apache-2.0
"""What the tests of models share: a server, a store, one question, and whether the real model is here."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from loopback import Loopback

from evalkit.core.errors import EvalkitError
from evalkit.core.example import Example
from evalkit.core.exchange import Request
from evalkit.core.location import Location
from evalkit.data.formats.openai_chat import openai_chat


@pytest.fixture
def server():
    with Loopback() as running:
        yield running
    assert running.complaints == []


@pytest.fixture
def store(tmp_path):
    from evalkit.models._store import open_store

    with open_store(tmp_path / ".evalkit" / "store.sqlite") as opened:
        yield opened


@pytest.fixture
def question():
    def make(text: str = "Where is it?", system: str | None = None, **rest) -> Request:
        before = [{"role": "system", "content": system}] if system else []
        return Request(messages=[*before, {"role": "user", "content": text}], **rest)

    return make


@pytest.fixture
def examples():
    """Question and answer pairs as training examples."""

    def make(*pairs: tuple[str, str], system: str = "Sort it.") -> list[Example]:
        made = []
        for n, (asked, answered) in enumerate(pairs, 1):
            value = {
                "messages": [
                    {"role": "system", "content": system},
                    {"role": "user", "content": asked},
                    {"role": "assistant", "content": answered},
                ]
            }
            raw = json.dumps(value, ensure_ascii=False).encode()
            where = Location(source="train.jsonl", line=n, number=n)
            made.append(Example(location=where, raw=raw, value=value, format=openai_chat))
        return made

    return make


@pytest.fixture(scope="session")
def weights() -> Path:
    """The real local model; without it tests are skipped, or fail where EVALKIT_REQUIRE_LOCAL=1."""
    from evalkit.models._engine import library
    from evalkit.models._weights import find_weights

    try:
        library()
        return find_weights()[0]
    except EvalkitError as error:
        if os.environ.get("EVALKIT_REQUIRE_LOCAL") == "1":
            raise
        pytest.skip(f"no local model: {error.message}")
