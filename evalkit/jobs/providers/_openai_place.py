# SPDX-License-Identifier: Apache-2.0
"""Where a provider of OpenAI's protocol is reached, with whose key: as models are, without one."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from evalkit.core.errors import UsageError
from evalkit.jobs.seam import Where
from evalkit.models._connection import NO_KEY
from evalkit.models._endpoints import Address, address, endpoints
from evalkit.models._places import key_of

__all__ = ["Server", "based", "moved", "server", "url_for"]

_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server and how to be let in.

    Attributes:
        to: Its address.
        key: To send; `NO_KEY` = it is asked without one.
        key_name: The variable that held it, "" for none.
        key_header: The header for the bare key; None = Authorization with "Bearer".
        own: Whether it is the provider's own account: organisation and project go there too.
    """

    to: Address
    key: str = field(repr=False)
    key_name: str
    key_header: str | None
    own: bool


def server(target: str, where: Where) -> Server:
    """Find it.

    The key comes from `where.key_env`, by default the provider's own variable. A URL that is not
    the provider's own, and that its variable does not name, gets no key that was not named for it:
    OPENAI_API_KEY is not for strangers.

    Raises:
        UsageError: No address, no key, or a key that cannot be one.
    """
    endpoint = endpoints()[target]
    by_variable = moved(target)
    url = url_for(target, where)
    to = address(based(url, target))
    ours = (
        where.url is None
        or (endpoint.owns(to.host) and to.url.startswith("https://"))
        or (by_variable is not None and address(based(by_variable, target)).url == to.url)
    )
    key, key_name = key_of(
        where.key_env or (endpoint.key_env if ours else None),
        f"target `{target}`",
        "--key-env MY_KEY",
    )
    return Server(
        to=to,
        key=key,
        key_name=key_name,
        # Microsoft's sign-in tokens are no keys: they go where bearers go.
        key_header=None if key == NO_KEY or key.startswith("eyJ") else endpoint.key_header,
        own=target == "openai" and ours,
    )


def url_for(target: str, where: Where) -> str:
    """The address that is given, else the one of the target's variable, else its usual one.

    Raises:
        UsageError: There is none, or it is no address of a server.
    """
    endpoint = endpoints()[target]
    url = where.url or moved(target) or endpoint.base_url
    if url is None:
        also = f", or set {endpoint.url_env}" if endpoint.url_env else ""
        raise UsageError(
            f"target `{target}` has no address of its own",
            f"give your resource's: --url https://NAME.openai.azure.com{also}",
        )
    try:
        fit = urlsplit(url).scheme in _SCHEMES and address(url).host != ""
    except ValueError:  # a port or an IPv6 address that cannot be
        fit = False
    if not fit:
        raise UsageError(
            f"the address given for `{target}` is none of a server", "such as --url https://HOST/v1"
        )
    return url


def moved(target: str) -> str | None:
    """Where the provider's environment variable says that it is; None = it says nothing."""
    endpoint = endpoints().get(target)
    variable = endpoint.url_env if endpoint else None
    return os.environ.get(variable, "").strip() or None if variable else None


def based(url: str, target: str) -> str:
    """The URL that a target's files and jobs are below.

    Of Azure's ways to write where a resource is, the one that has files and jobs below it.

    `/openai/v1` needs no version; `/openai?api-version=…` is the older form. A deployment in the
    path is none of training.
    https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle (read 2026-11-21)
    """
    endpoint = endpoints().get(target)
    if endpoint is None or not endpoint.resources:
        return url
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    path = parts.path.partition("/deployments/")[0].rstrip("/")
    if path in ("", "/openai"):
        path = "/openai" if "api-version" in query else "/openai/v1"
    return urlunsplit((parts.scheme, parts.netloc, path, urlencode(query), ""))
