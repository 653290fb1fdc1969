# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from evalkit.core.example import Broken, Example
from evalkit.core.location import Location
from evalkit.data.recognise import layout


@pytest.fixture
def row():
    """Makes an example: `row({"messages": [...]}, line=3)`, or a broken one with `kind`."""

    def make(value, *, line=1, source="a.jsonl", format="openai-chat", kind=None):  # noqa: A002
        where = Location(source=source, line=line, number=line)
        raw = json.dumps(value, ensure_ascii=False).encode()
        if kind:
            return Example(where, raw, None, layout(format), Broken(kind))
        return Example(where, raw, value, layout(format) if format else None)

    return make


@pytest.fixture
def chat():
    """A row's value with one question and one answer."""
    return lambda answer="Four.", **more: {
        "messages": [
            {"role": "user", "content": "2 + 2?"},
            {"role": "assistant", "content": answer, **more},
        ]
    }
