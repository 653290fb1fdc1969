# SPDX-License-Identifier: Apache-2.0
"""How a suite or a command line names a model, understood but not yet opened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from evalkit.core.errors import InputError, UsageError
from evalkit.core.exchange import Request
from evalkit.core.printable import excerpt
from evalkit.core.registry import KINDS, foreign, modules, suggestion
from evalkit.models._arms import armed
from evalkit.models._endpoints import endpoints
from evalkit.models._model_spec import ModelSpec
from evalkit.models._spec_checks import checked

__all__ = ["NOT_PROVIDERS", "ModelSpec", "parse_spec", "prepared", "provider"]

# Kept apart from the body: how we ask, not what is asked.
TRANSPORT = ("concurrency", "timeout", "requests_per_minute", "tokens_per_minute")

_SETTINGS = (  # that may stand beside `use`; further fields of the body go in `options`
    "max_tokens",
    "temperature",
    "seed",
    "top_p",
    "stop",
    "frequency_penalty",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    "tool_choice",
    *TRANSPORT,
)
_OWN = ("use", "url", "key_env", "is", "api", "system", "few_shot", "prompt", "price", "options")
_KEYS = (*_OWN, *_SETTINGS)
_FIELDS = ("max_tokens", "temperature", "seed", "top_logprobs", "tools")
# Files in this folder that are no providers.
NOT_PROVIDERS = {"ask", "batch", "budget", "open", "price", "spec"}
_ON_MACHINE = ("local", "baseline", "replay", "exec", "python")


def parse_spec(value: str | Mapping[str, Any], *, where: str) -> ModelSpec:
    """Understand one model of a suite or of the command line; opens nothing.

    Args:
        value: The name alone, or a mapping with `use` and settings.
        where: For messages, such as "suite.eval.yaml, model `base`".

    Raises:
        UsageError: A literal key, an unexpanded $VARIABLE, an unknown provider or setting, or a
            value of the wrong kind; the message never repeats a key.
    """
    written: Any = {"use": value} if isinstance(value, str) else value
    if not isinstance(written, Mapping) or not isinstance(written.get("use"), str):
        raise UsageError(
            f"{where}: a model is a name, or a mapping with `use`",
            "such as openai/gpt-4.1-mini, local:smollm2 or baseline:tfidf-logreg",
        )
    checked(written, known=_KEYS, where=where)
    system = written.get("system", "keep")
    spec = ModelSpec(
        use=written["use"].strip(),
        url=written.get("url"),
        key_env=written.get("key_env"),
        is_=written.get("is"),
        api=written.get("api"),
        system=system if system in ("keep", "drop") else f"@{system.removeprefix('@')}",
        few_shot=written.get("few_shot"),
        prompt=written.get("prompt"),
        price=_dated(written.get("price")),
        options={
            **(written.get("options") or {}),
            **{key: written[key] for key in _SETTINGS if key in written},
        },
    )
    _provider(spec, where)
    return spec


def provider(spec: ModelSpec) -> tuple[str, str]:
    """The file in models/ (or plug-in) that opens a spec, and what is left of the name for it.

    For an OpenAI-compatible provider the rest is "PROVIDER/MODEL", as its address goes by it.

    Raises:
        UsageError: No such provider.
    """
    return _provider(spec, "the model")


def prepared(spec: ModelSpec, request: Request, folder: Path) -> Request:
    """The request as this model is sent it: its settings, its prompt and its examples.

    Doing it twice changes nothing.

    Raises:
        InputError: The file of `system: FILE`, `prompt` or `few_shot` cannot be read.
    """
    own = {key: spec.options[key] for key in _FIELDS if key in spec.options}
    extra = {k: v for k, v in spec.options.items() if k not in own and k not in TRANSPORT}
    messages = request.messages
    if spec.system != "keep":
        messages = [m for m in messages if m.get("role") not in ("system", "developer")]
    if spec.system.startswith("@"):
        messages = [{"role": "system", "content": _text(folder / spec.system[1:])}, *messages]
    messages = armed(spec, messages, folder)
    return replace(request, messages=messages, extra={**request.extra, **extra}, **own)


def _provider(spec: ModelSpec, where: str) -> tuple[str, str]:
    if not spec.use:
        raise UsageError(f"{where}: the model has no name", "such as openai/gpt-4.1-mini")
    head, mark, rest = _parted(spec.use)
    kinds = _kinds()
    if mark == "/" and rest and head in endpoints():
        return "openai_compatible", spec.use
    if rest.strip() and head in kinds and (mark == ":" or head not in _ON_MACHINE):
        return head.replace("-", "_"), rest  # a slash: a plug-in such as litellm/bedrock/...
    if spec.url and not (mark == ":" and head in _ON_MACHINE):
        return "openai_compatible", spec.use
    if not mark or (mark == ":" and head == "ft"):  # a bare name is OpenAI's
        return "openai_compatible", f"openai/{spec.use}"
    raise _unknown(spec.use, where, kinds)


def _kinds() -> list[str]:
    """Names of the kinds of models, ours and plug-ins', but for the one that needs no name."""
    ours = {
        name
        for name, module in modules("models").items()
        if module.rpartition(".")[0] == KINDS["models"] and name not in NOT_PROVIDERS
    }
    return sorted((ours - {"openai-compatible"}) | foreign("models").keys())


def _unknown(use: str, where: str, kinds: list[str]) -> UsageError:
    head, mark, rest = _parted(use)
    if not rest.strip():
        return UsageError(
            f"{where}: `{excerpt(use)}` names no model", f"such as {excerpt(head)}{mark}NAME"
        )
    if head in _ON_MACHINE:
        return UsageError(
            f"{where}: `{excerpt(use)}`: `{head}` is on this machine",
            f"write it with a colon: {head}:{excerpt(rest)}",
        )
    if mark == ":":
        return UsageError(
            f"{where}: no kind of model `{excerpt(head)}:`{suggestion(head, kinds)}",
            f"on this machine: {', '.join(f'{kind}:' for kind in kinds if kind != 'litellm')}; "
            "hosted: PROVIDER/MODEL, such as openai/gpt-4.1-mini",
        )
    hosted = [*endpoints(), *(kind for kind in kinds if kind not in _ON_MACHINE)]
    return UsageError(
        f"{where}: no provider `{excerpt(head)}`{suggestion(head, hosted)}",
        f"known: {', '.join(hosted)}; any other server: give its `url`",
    )


def _parted(use: str) -> tuple[str, str, str]:
    """Head, the first of `/` and `:`, and the rest ("ft:gpt-4o:acme::1" is one OpenAI name)."""
    found = re.search(r"[/:]", use)
    if found is None:
        return use, "", ""
    return use[: found.start()], found.group(), use[found.end() :]


def _dated(price: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """YAML reads a day as a date; prices keep it as it is written."""
    if price is None:
        return None
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in price.items()}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read the system message {path}", "is the path right, relative to the suite?"
        ) from error
