# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a model as written, in one line, before anything is opened."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.core.secrets import found
from evalkit.models._endpoints import address

__all__ = ["checked"]

# Shapes of literal keys beside those of `core.secrets`: Stripe-like, Groq, xAI, long hex.
_LITERAL_KEY = re.compile(
    r"\b(?:sk-[\w-]{8,}|sk_[\w-]{8,}|AIza[\w-]{20,}|AKIA[A-Z0-9]{12,}|hf_\w{16,}|gsk_\w{16,}"
    r"|xai-\w{16,}|[0-9a-f]{32,})"
)
_HEX = re.compile("[0-9a-f]{32,}")
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]|%[A-Za-z_]\w*%")
_WRITTEN_OUT = ("use", "url", "key_env", "is", "system")  # a text for the model may hold a `$`
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SECRET_PARAMETER = re.compile(r"(?:api[-_]?)?key|token|secret|password|sig|code|subscription-key")
# Of the body and not the user's: what evalkit sends, and what would change the answer's shape.
_NOT_OPTIONS = ("model", "messages", "prompt", "stream", "stream_options", "n", "best_of", "echo")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")


def checked(written: Mapping[str, Any], *, known: tuple[str, ...], where: str) -> None:
    """Look at everything that stands in a model's mapping.

    Args:
        written: As read; `use` is a text.
        known: Its keys.
        where: For messages.

    Raises:
        UsageError: A literal key (never repeated), an unexpanded variable, an unknown key, or a
            value of the wrong kind.
    """
    if not _writable(written, strict=False):
        raise UsageError(f"{where}: a value holds itself", "write it out without YAML's anchors")
    _refuse_secrets(written, where)
    for key in written:
        if key not in known:
            raise UsageError(
                f"{where}: unknown key `{excerpt(str(key))}`{suggestion(str(key), list(known))}",
                f"known keys: {', '.join(known)}; further body fields go under `options`",
            )
    for key, value in written.items():
        if key in _KINDS:
            good, wanted = _KINDS[key]
            if not good(value):
                raise _wrong(where, key, value, wanted)
    _check_price(written.get("price"), where)
    for key, value in (written.get("options") or {}).items():
        if not _writable(value, strict=True):
            raise UsageError(
                f"{where}: `options` holds `{excerpt(key)}`, which JSON cannot say",
                "put days and such into quotes; numbers must be finite",
            )
        if key in _NOT_OPTIONS:
            raise UsageError(
                f"{where}: `options` holds `{key}`, which is not an option",
                "evalkit writes it itself: leave it out",
            )


def _refuse_secrets(written: Mapping[str, Any], where: str) -> None:
    for key, value in _texts(written):
        # A long hex string may well be a model's name; as a `key_env` it is a key.
        literal = _LITERAL_KEY.search(value)
        hexes = literal is not None and _HEX.fullmatch(literal.group()) is not None
        if (literal and (key == "key_env" or not hexes)) or next(found(value), None):
            raise UsageError(f"{where}: `{excerpt(key)}` holds a literal key", _NO_LITERALS)
        if key in _WRITTEN_OUT and _VARIABLE.search(value):
            raise UsageError(
                f"{where}: `{key}` holds a variable that nothing expands: `{excerpt(value)}`",
                "keys are named without `$`: key_env: MY_KEY; write other values out",
            )
    if isinstance(url := written.get("url"), str) and _is_url(url):
        for name, _ in parse_qsl(urlsplit(url).query):
            if _SECRET_PARAMETER.fullmatch(name.lower()):
                raise UsageError(f"{where}: `url` holds a literal key (`{name}`)", _NO_LITERALS)


_NO_LITERALS = (
    "put the key in an environment variable and name that: key_env: MY_KEY; "
    "a key that stood in a file should be revoked"
)


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text below a value with the key that it stands at; deep ones too."""
    open_ = [(key, value)]
    while open_:
        key, value = open_.pop()
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, Mapping):
            open_ += [(str(name), inner) for name, inner in value.items()]
        elif isinstance(value, list | tuple):
            open_ += [(key, inner) for inner in value]


def _wrong(where: str, key: str, value: Any, wanted: str) -> UsageError:
    if key == "key_env":  # whatever it is, it may be a key
        return UsageError(
            f"{where}: `key_env` is not the name of an environment variable",
            "name the variable that holds the key, such as key_env: OPENAI_API_KEY",
        )
    shown = excerpt(value if isinstance(value, str) else repr(value), 40)
    if key == "url" and "@" in shown:
        shown = "…"  # it may hold a password
    return UsageError(f"{where}: `{key}` is `{shown}`", f"it must be {wanted}")


def _check_price(price: Any, where: str) -> None:
    if price is None:
        return
    for key, value in price.items():
        if key not in _PRICE:
            raise UsageError(
                f"{where}: unknown key `{excerpt(str(key))}` in `price`"
                f"{suggestion(str(key), list(_PRICE))}",
                f"known: {', '.join(_PRICE)}",
            )
        good, wanted = _PRICE[key]
        if not good(value):
            raise _wrong(where, f"price: {key}", value, wanted)
    if absent := [key for key in ("input", "output") if key not in price]:
        raise UsageError(
            f"{where}: `price` has no `{absent[0]}`",
            "give both per million tokens: price: {input: 0.40, output: 1.60, as_of: 2026-11-01}",
        )


def _writable(value: Any, *, strict: bool) -> bool:
    """Whether JSON can say it; not strict: days and infinite numbers are let pass."""
    try:
        json.dumps(value, default=None if strict else str, allow_nan=not strict)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _is_url(url: Any) -> bool:
    try:
        return re.match(r"https?://[^\s/]", url) is not None and bool(address(url).host)
    except (TypeError, ValueError):  # no text; a port that is no port
        return False


def _number(low: float, high: float = float("inf")) -> Callable[[Any], bool]:
    def good(value: Any) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and low <= value <= high and value != float("inf")

    return good


def _above_zero(value: Any) -> bool:
    return _number(0)(value) and value > 0


def _whole(low: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= low


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _money(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return False
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return False
    return amount.is_finite() and amount >= 0


def _day(value: Any) -> bool:
    if isinstance(value, date):  # as YAML reads it
        return True
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _mapping_of(known: Mapping[str, Callable[[Any], bool]], *needed: str) -> Callable[[Any], bool]:
    def good(value: Any) -> bool:
        return (
            isinstance(value, Mapping)
            and value.keys() <= known.keys()
            and all(key in value for key in needed)
            and all(known[key](inner) for key, inner in value.items())
        )

    return good


_KINDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "url": (_is_url, "a base URL that begins with http:// or https://"),
    "key_env": (lambda v: isinstance(v, str) and _ENV_NAME.match(v) is not None, ""),
    "is": (_text, "the name of the model behind it, such as gpt-4.1-mini"),
    "api": (lambda v: v in ("chat", "completions"), "chat or completions"),
    "system": (
        lambda v: (
            v in ("keep", "drop")
            or (_text(v) and v != "@" and ("." in v or "/" in v or v[0] == "@"))
        ),
        "keep, drop, or a file with the text to send instead, such as prompts/short.txt",
    ),
    "few_shot": (
        _mapping_of({"from": _text, "n": _whole(1), "seed": _whole(0)}, "from"),
        "such as {from: data/train.jsonl, n: 5, seed: 0}",
    ),
    "prompt": (
        _mapping_of({"before": _text}, "before"),
        "such as {before: Think first.} or {before: '@prompts/long.txt'}",
    ),
    "price": (lambda v: isinstance(v, Mapping), "such as {input: 0.40, output: 1.60}"),
    "options": (
        lambda v: isinstance(v, Mapping) and all(isinstance(key, str) for key in v),
        "further fields of the request's body, such as {top_k: 5}",
    ),
    "max_tokens": (_whole(1), "a whole number from 1"),
    "temperature": (_number(0, 2), "a number from 0 to 2"),
    "seed": (lambda v: v is None or _whole(-(2**63))(v), "a whole number, or null for none"),
    "top_p": (lambda v: _above_zero(v) and v <= 1, "a number above 0, at most 1"),
    "stop": (
        lambda v: isinstance(v, str) or (isinstance(v, list) and v != [] and all(map(_text_, v))),
        "a text or a list of texts",
    ),
    "frequency_penalty": (_number(-2, 2), "a number from -2 to 2"),
    "presence_penalty": (_number(-2, 2), "a number from -2 to 2"),
    "reasoning_effort": (_text, "a word, such as low"),
    "response_format": (lambda v: isinstance(v, Mapping), "such as {type: json_object}"),
    "tool_choice": (lambda v: _text(v) or isinstance(v, Mapping), "such as auto or required"),
    "concurrency": (_whole(1), "a whole number from 1"),
    "timeout": (_above_zero, "seconds, above 0"),
    "requests_per_minute": (_above_zero, "a number above 0"),
    "tokens_per_minute": (_above_zero, "a number above 0"),
}


def _text_(value: Any) -> bool:
    return isinstance(value, str)


_PRICE: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "input": (_money, "money per million tokens of the prompt, such as 0.40"),
    "output": (_money, "money per million tokens of the answer, such as 1.60"),
    "cached_input": (_money, "money per million tokens read from the cache"),
    "batch_input": (_money, "money per million tokens of the prompt in a batch"),
    "batch_output": (_money, "money per million tokens of the answer in a batch"),
    "currency": (
        lambda v: isinstance(v, str) and _CURRENCY.match(v) is not None,
        "three capital letters, such as USD",
    ),
    "as_of": (_day, "a day, such as 2026-11-01"),
    "source": (_text, "where the price stands"),
}
