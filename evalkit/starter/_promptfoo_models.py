# SPDX-License-Identifier: Apache-2.0
"""Providers of promptfoo as models of a suite; keys are never taken over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from evalkit.core.errors import EvalkitError
from evalkit.core.printable import excerpt
from evalkit.core.secrets import quoted
from evalkit.models._endpoints import endpoints
from evalkit.models.spec import parse_spec
from evalkit.starter.carried import Left, safe_name

__all__ = ["models_of"]

_NAMES = {"togetherai": "together", "azureopenai": "azure", "lmstudio": "lm-studio",
          "llama": "llama-cpp", "alibaba": "dashscope"}  # fmt: skip
_BY_LITELLM = {"anthropic": "anthropic", "bedrock": "bedrock", "vertex": "vertex_ai",
               "google": "gemini", "cohere": "cohere", "xai": "xai"}  # fmt: skip
_KINDS = {"chat", "completion", "responses", "messages", "text"}
_SETTINGS = {"temperature": "temperature", "max_tokens": "max_tokens", "top_p": "top_p",
             "seed": "seed", "stop": "stop", "max_completion_tokens": "max_tokens",
             "maxOutputTokens": "max_tokens", "reasoning_effort": "reasoning_effort",
             "frequency_penalty": "frequency_penalty",
             "presence_penalty": "presence_penalty"}  # fmt: skip
_ADDRESSES = ("apiBaseUrl", "apiHost", "baseUrl")
_ENV = re.compile(r"[A-Za-z_]\w*\Z")


def models_of(given: Any, left: Left) -> tuple[dict[str, Any], dict[str, Any]]:
    """Name to specification, and what all share of how answers are generated (nothing yet)."""
    found: dict[str, Any] = {}
    for use, label, config in _providers(given, left):
        spec = _spec(use, config, left)
        if spec is None:
            continue
        last = re.split(r"[/:]", use)[-1]
        name = safe_name(label or last, list(found), default="model")
        if name in ("judge", "baseline"):
            name = f"{name}-model"
        bare = set(spec) == {"use"}
        found[name] = spec["use"] if bare else spec
    return found, {}


def _providers(given: Any, left: Left) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    entries = given if isinstance(given, list) else [] if given is None else [given]
    for one in entries:
        if isinstance(one, str):
            yield one, "", {}
        elif isinstance(one, Mapping) and isinstance(one.get("id"), str):
            config = one.get("config")
            for key in one.keys() - {"id", "label", "config"}:
                left.add(f"`{excerpt(str(key), 40)}` of providers")
            label = one.get("label")
            yield (
                one["id"],
                label if isinstance(label, str) else "",
                config if isinstance(config, Mapping) else {},
            )
        elif isinstance(one, Mapping) and len(one) == 1:  # {"openai:gpt-4": {config: …}}
            use, more = next(iter(one.items()))
            config = more.get("config") if isinstance(more, Mapping) else None
            yield str(use), "", config if isinstance(config, Mapping) else {}
        else:
            left.add("a provider that has no id")


def _spec(use: str, config: Mapping[str, Any], left: Left) -> dict[str, Any] | None:
    shown = quoted(use, 80)
    head, _, rest = use.partition(":")
    kind, _, model = rest.partition(":")
    if kind not in _KINDS:
        kind, model = "", rest
    name = _NAMES.get(head, head)
    if head in _BY_LITELLM and model:
        spec: dict[str, Any] = {"use": f"litellm/{_BY_LITELLM[head]}/{model}"}
        if find_spec("litellm") is None:  # with it nothing of the suite would run
            install = 'pip install "evalkit-ft[litellm]"'
            left.add(f"provider {shown}: {install}, then under models: NAME: {spec['use']}")
            return None
    elif name in endpoints() and model:
        spec = {"use": f"{name}/{model}"}
        if kind == "completion":
            spec["api"] = "completions"
    else:
        left.add(f"provider {shown}")
        return None
    spec |= _settings(config, shown, left)
    try:
        parse_spec(spec, where=f"provider {shown}")
    except EvalkitError as error:
        left.add(f"settings of the {error.message}")
        return {"use": spec["use"]}
    return spec


def _settings(config: Mapping[str, Any], shown: str, left: Left) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    for key, value in config.items():
        if key in _SETTINGS and value is not None:
            spec[_SETTINGS[key]] = value
        elif key in _ADDRESSES and isinstance(value, str):
            spec["url"] = value if "://" in value else f"https://{value}"
        elif key == "apiKeyEnvar" and isinstance(value, str) and _ENV.match(value):
            spec["key_env"] = value
        elif key == "apiKey":
            left.add("`apiKey` of a provider: keys come from the environment (`key_env: NAME`)")
        else:
            left.add(f"`{excerpt(str(key), 40)}` of the provider {shown}")
    return spec
