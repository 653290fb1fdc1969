# SPDX-License-Identifier: Apache-2.0
"""One model as a suite or a command line names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["ModelSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One model as written.

    Attributes:
        use: A slash names a provider's model ("openai/gpt-4.1-mini"), a colon something on this
            machine ("local:smollm2+support/tuned.gguf", "baseline:majority", "replay:FILE",
            "exec:COMMAND", "python:FILE.py:FUNCTION").
        url: Base URL of an OpenAI-compatible server, such as "http://127.0.0.1:8000/v1".
        key_env: Name of the environment variable that holds the key; never the key.
        is_: The model behind a deployment's name: for its price, tokenizer and parameters.
        api: "chat" or "completions"; None = chat, but for models that know completions only.
        system: What to do with system messages: "keep", "drop", or "@FILE" (that text instead).
        few_shot: Examples put before the question: `from` (a file), `n`, `seed`.
        prompt: Text put before the question: `before` (a text, or "@FILE").
        price: As in the suite: input and output per million tokens, currency, as_of, source.
        options: Generation settings (max_tokens, temperature, ...) and further body fields;
            `TRANSPORT` says how to ask (timeout in seconds) and is not part of the body.
    """

    use: str
    url: str | None = None
    key_env: str | None = None
    is_: str | None = None
    api: str | None = None
    system: str = "keep"
    few_shot: Mapping[str, Any] | None = None
    prompt: Mapping[str, Any] | None = None
    price: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
