# SPDX-License-Identifier: Apache-2.0
"""Where each hosted provider listens: read from the targets, which are data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from evalkit.targets.load import target_named, target_names

__all__ = ["Address", "Endpoint", "address", "endpoints"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An OpenAI-compatible provider.

    Attributes:
        base_url: None where every customer has an own one (Azure).
        key_env: The environment variable that its users keep the key in.
    """

    base_url: str | None
    key_env: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A URL with its secrets taken out of the part that is shown and stored.

    Attributes:
        url: Without user, password, query and fragment: fit for the store and for messages.
        host: Host, with the port where one is written.
        query: Parameters such as Azure's api-version.
        login: User and password, where the URL holds them.
    """

    url: str
    host: str
    query: Mapping[str, str]
    login: tuple[str, str] | None


@cache
def endpoints() -> Mapping[str, Endpoint]:
    """Provider name to endpoint, of every target whose `api.client` is "openai-compatible"."""
    found = {}
    for name in target_names():
        api = target_named(name).api
        if api.get("client") == "openai-compatible":
            usual = f"{name.upper().replace('-', '_')}_API_KEY"
            found[name] = Endpoint(base_url=api.get("base_url"), key_env=api.get("key_env", usual))
    return found


def address(url: str) -> Address:
    """A URL taken apart."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    if parts.port is not None:
        shown = f"{shown}:{parts.port}"
    login = (parts.username or "", parts.password or "") if parts.username is not None else None
    return Address(
        url=urlunsplit((parts.scheme, shown, parts.path.rstrip("/"), "", "")),
        host=shown,
        query=dict(parse_qsl(parts.query)),
        login=login,
    )
