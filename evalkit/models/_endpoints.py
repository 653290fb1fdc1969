# SPDX-License-Identifier: Apache-2.0
"""Where each server of OpenAI's protocol listens and how it differs: read from data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from evalkit.targets.load import target_named, target_names

__all__ = ["UNKNOWN", "Address", "Endpoint", "address", "endpoints", "owner"]

_FILE = Path(__file__).resolve().parent / "endpoints.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A provider or a server of OpenAI's protocol.

    Attributes:
        base_url: None where every customer has an own one (Azure).
        key_env: The environment variable that its users keep the key in; None = asked without one.
        key_header: The header that holds the bare key; None = Authorization with "Bearer".
        hosts: Ends of host names that are this provider's, besides its `base_url`'s.
        anywhere: Its users run it where they like, so a `url` does not make it another server.
        seed: What the body calls the seed; "" = it refuses one.
        tokens: What the body calls the most tokens to generate; reasoning models know their own.
        logprobs: "flag" (logprobs: true, top_logprobs: N) or "count" (logprobs: N).
        lacks: Capabilities that it has not.
        most_logprobs: Alternatives per token that chat completions give.
        most_completion_logprobs: Likewise for completions.
        apis: Of "chat" and "completions".
        url_env: The environment variable that moves it.
        resources: Whether Azure's ways of writing an address are understood.
        batches: The endpoint that a batch names, where it has files and batches like OpenAI's.
    """

    base_url: str | None = None
    key_env: str | None = None
    key_header: str | None = None
    hosts: Sequence[str] = ()
    anywhere: bool = False
    seed: str = "seed"
    tokens: str = "max_tokens"
    logprobs: Literal["flag", "count"] = "flag"
    lacks: frozenset[str] = frozenset()
    apis: Sequence[str] = ("chat",)
    url_env: str | None = None
    resources: bool = False
    most_logprobs: int = 20
    most_completion_logprobs: int = 20
    batches: str = ""

    def owns(self, host: str) -> bool:
        """Whether a host, with or without port, is this provider's own."""
        bare = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        own = urlsplit(self.base_url or "").hostname
        return bare == own or any(
            bare.endswith(end) if end.startswith(".") else bare == end for end in self.hosts
        )


# Any other server: nothing is known of it, so it is asked as OpenAI would be.
UNKNOWN = Endpoint(
    apis=("chat", "completions"), most_logprobs=10_000, most_completion_logprobs=10_000
)


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
    """Provider name to endpoint: targets whose `api.client` is "openai-compatible", and servers.

    A target of a third party adds its provider like ours.
    """
    written: dict[str, dict[str, Any]] = {}
    for name in target_names():
        api = target_named(name).api
        if api.get("client") == "openai-compatible":
            usual = f"{name.upper().replace('-', '_')}_API_KEY"
            written[name] = {"key_env": usual, **api}
    for name, more in tomllib.loads(_FILE.read_text(encoding="utf-8")).items():
        written[name] = {**written.get(name, {}), **more}
    return {name: _endpoint(written[name]) for name in sorted(written)}


def owner(host: str) -> str | None:
    """The provider whose host that is; None where it is nobody's that we know.

    Servers that run anywhere are known by nothing in their address.
    """
    for name, endpoint in endpoints().items():
        if endpoint.owns(host) and not (endpoint.anywhere and endpoint.base_url):
            return name
    return None


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


def _endpoint(table: Mapping[str, Any]) -> Endpoint:
    known = {k: v for k, v in table.items() if k not in ("client", "as_of", "source")}
    return Endpoint(**{**known, "lacks": frozenset(known.get("lacks", ()))})
