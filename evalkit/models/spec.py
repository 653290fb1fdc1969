# SPDX-License-Identifier: Apache-2.0
"""How a suite or a command line names a model, understood but not yet opened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalkit.core.errors import InputError, UsageError
from evalkit.core.exchange import Request
from evalkit.core.printable import excerpt
from evalkit.core.registry import names, suggestion
from evalkit.models._endpoints import address, endpoints

__all__ = ["ModelSpec", "parse_spec", "prepared", "provider"]

# Kept apart from the body: how we ask, not what is asked.
TRANSPORT = ("concurrency", "timeout")

_SETTINGS = (  # generation settings that may stand beside `use`; anything else goes in `options`
    "max_tokens",
    "temperature",
    "seed",
    "top_p",
    "stop",
    "frequency_penalty",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    *TRANSPORT,
)
_KEYS = ("use", "url", "key_env", "is", "system", "price", "options", *_SETTINGS)
_FIELDS = ("max_tokens", "temperature", "seed", "top_logprobs", "tools")
# Files in this folder that are no providers.
_NOT_PROVIDERS = {"ask", "open", "spec"}
_ON_MACHINE = ("local", "baseline", "replay")

# Shapes of literal keys: OpenAI and its kin, Google, AWS, Hugging Face, Groq, xAI, long hex.
_LITERAL_KEY = re.compile(
    r"\b(?:sk-[\w-]{8,}|sk_[\w-]{8,}|AIza[\w-]{20,}|AKIA[A-Z0-9]{12,}|hf_\w{16,}|gsk_\w{16,}"
    r"|xai-\w{16,}|[0-9a-f]{32,})"
)
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]|%[A-Za-z_]\w*%")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One model as written.

    Attributes:
        use: A slash names a provider's model ("openai/gpt-4.1-mini"), a colon something on this
            machine ("local:smollm2+support/tuned.gguf", "baseline:majority", "replay:FILE").
        url: Base URL of an OpenAI-compatible server, such as "http://127.0.0.1:8000/v1".
        key_env: Name of the environment variable that holds the key; never the key.
        is_: The model behind a deployment's name: for its price, tokenizer and parameters.
        system: What to do with system messages: "keep", "drop", or "@FILE" (that text instead).
        price: As in the suite: input and output per million tokens, currency, as_of, source.
        options: Generation settings (max_tokens, temperature, ...) and further body fields;
            `concurrency` and `timeout` (seconds) say how to ask and are not part of the body.
    """

    use: str
    url: str | None = None
    key_env: str | None = None
    is_: str | None = None
    system: str = "keep"
    price: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def parse_spec(value: str | Mapping[str, Any], *, where: str) -> ModelSpec:
    """Understand one model of a suite or of the command line; opens nothing.

    Args:
        value: The name alone, or a mapping with `use` and settings.
        where: For messages, such as "suite.eval.yaml, model `base`".

    Raises:
        UsageError: A literal key, an unexpanded $VARIABLE, an unknown provider or an unknown
            setting; the message never repeats a key.
    """
    written: Any = {"use": value} if isinstance(value, str) else value
    if not isinstance(written, Mapping) or not isinstance(written.get("use"), str):
        raise UsageError(
            f"{where}: a model is a name, or a mapping with `use`",
            "such as openai/gpt-4.1-mini, local:smollm2 or baseline:tfidf-logreg",
        )
    _refuse_secrets(written, where)
    for key in written:
        if key not in _KEYS:
            raise UsageError(
                f"{where}: unknown key `{excerpt(str(key))}`{suggestion(str(key), list(_KEYS))}",
                f"known keys: {', '.join(_KEYS)}; further body fields go under `options`",
            )
    spec = ModelSpec(
        use=written["use"].strip(),
        url=written.get("url"),
        key_env=written.get("key_env"),
        is_=written.get("is"),
        system=written.get("system", "keep"),
        price=written.get("price"),
        options={
            **written.get("options", {}),
            **{key: written[key] for key in _SETTINGS if key in written},
        },
    )
    if spec.url is not None and not _is_url(spec.url):
        raise UsageError(
            f"{where}: `url` must begin with http:// or https://",
            "give the base URL, such as http://127.0.0.1:8000/v1",
        )
    if spec.system not in ("keep", "drop") and not spec.system.startswith("@"):
        raise UsageError(
            f"{where}: `system` is `{excerpt(spec.system)}`",
            "use keep, drop, or @FILE with the text to send instead",
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
    """The request as this model is sent it: its settings and its treatment of system messages.

    Doing it twice changes nothing.

    Raises:
        InputError: The file of `system: @FILE` cannot be read.
    """
    own = {key: spec.options[key] for key in _FIELDS if key in spec.options}
    extra = {k: v for k, v in spec.options.items() if k not in own and k not in TRANSPORT}
    messages = request.messages
    if spec.system != "keep":
        messages = [m for m in messages if m.get("role") not in ("system", "developer")]
    if spec.system.startswith("@"):
        messages = [{"role": "system", "content": _text(folder / spec.system[1:])}, *messages]
    return replace(request, messages=messages, extra={**request.extra, **extra}, **own)


def _is_url(url: str) -> bool:
    try:
        return re.match(r"https?://[^\s/]", url) is not None and bool(address(url).host)
    except ValueError:  # a port that is no port
        return False


def _provider(spec: ModelSpec, where: str) -> tuple[str, str]:
    if not spec.use:
        raise UsageError(f"{where}: the model has no name", "such as openai/gpt-4.1-mini")
    head, mark, rest = _parted(spec.use)
    kinds = [n for n in names("models") if n not in (*_NOT_PROVIDERS, "openai-compatible")]
    if mark == "/" and rest and head in endpoints():
        return "openai_compatible", spec.use
    if rest and head in kinds and (mark == ":" or head not in _ON_MACHINE):
        return head.replace("-", "_"), rest  # a slash: a plug-in such as litellm/bedrock/...
    if spec.url:
        return "openai_compatible", spec.use
    if not mark or (mark == ":" and head == "ft"):  # a bare name is OpenAI's
        return "openai_compatible", f"openai/{spec.use}"
    raise _unknown(spec.use, where, kinds)


def _unknown(use: str, where: str, kinds: list[str]) -> UsageError:
    head, mark, rest = _parted(use)
    if not rest:
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
            f"on this machine: {', '.join(f'{kind}:' for kind in kinds)}; "
            "hosted: PROVIDER/MODEL, such as openai/gpt-4.1-mini",
        )
    hosted = list(endpoints())
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


def _refuse_secrets(written: Mapping[str, Any], where: str) -> None:
    for key, value in written.items():
        if not isinstance(value, str):
            continue
        # A long hex string may well be a model's name; as a `key_env` it is a key.
        literal = _LITERAL_KEY.search(value)
        if literal and (key == "key_env" or not re.fullmatch("[0-9a-f]{32,}", literal.group())):
            raise UsageError(
                f"{where}: `{excerpt(key)}` holds a literal key",
                "put the key in an environment variable and name that: key_env: MY_KEY; "
                "a key that stood in a file should be revoked",
            )
        if _VARIABLE.search(value):
            raise UsageError(
                f"{where}: `{excerpt(key)}` holds a variable that nothing expands: "
                f"`{excerpt(value)}`",
                "keys are named without `$`: key_env: MY_KEY; write other values out",
            )
    name = written.get("key_env")
    if name is not None and not (isinstance(name, str) and _ENV_NAME.match(name)):
        raise UsageError(
            f"{where}: `key_env` is not the name of an environment variable",
            "name the variable that holds the key, such as key_env: OPENAI_API_KEY",
        )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read the system message {path}", "is the path right, relative to the suite?"
        ) from error
