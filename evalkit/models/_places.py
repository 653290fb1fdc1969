# SPDX-License-Identifier: Apache-2.0
"""From what a suite says of a model to where it is asked, under what name, with whose key."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.models import _azure
from evalkit.models._connection import NO_KEY
from evalkit.models._endpoints import UNKNOWN, Address, Endpoint, address, endpoints, owner
from evalkit.models.spec import ModelSpec

__all__ = ["Place", "key_of", "place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a model is asked.

    Attributes:
        to: The server.
        model: Its name there.
        endpoint: How the server differs from OpenAI's.
        key: To send; `NO_KEY` where it is asked without one.
        key_name: The variable that held it, "" for none.
        key_header: The header for the bare key; None = Authorization with "Bearer".
        openai: Whether it is OpenAI's own account: its organisation goes there too.
    """

    to: Address
    model: str
    endpoint: Endpoint
    key: str = field(repr=False)
    key_name: str
    key_header: str | None
    openai: bool


def place(use: str, spec: ModelSpec, name: str) -> Place:
    """Find it.

    The key comes from the environment variable `key_env`, by default the provider's own. A server
    given by `url` that is not the provider's own gets no key that was not named for it:
    OPENAI_API_KEY is not for strangers.

    Args:
        use: "PROVIDER/MODEL", or MODEL at the `url` of the specification.
        spec: Of the model.
        name: Of the model, for messages.

    Raises:
        UsageError: No address, no key, or a key that cannot be one.
    """
    head, _, rest = use.partition("/")
    named = endpoints().get(head) if rest else None
    variable = named.url_env if named else None
    moved = os.environ.get(variable, "").strip() if variable else ""
    if spec.url is None:
        url = moved or (named.base_url if named else None)
        if named is None or url is None:
            also = f", or set {variable}" if variable else ""
            raise UsageError(
                f"model `{name}`: {excerpt(head)} has no address of its own",
                f"give the base URL of your deployment: url: https://…/v1{also}",
            )
        model, endpoint, ours = rest, named, True
    else:
        url = spec.url
        host = address(url).host
        whose = head if named and named.owns(host) else owner(host)
        ours = whose is not None and url.startswith("https://")
        endpoint = endpoints()[whose] if whose else UNKNOWN
        model = use
        if named is not None and (named.anywhere or whose == head):
            # Where its users run it: the name before the slash says how it speaks, not what it has.
            model, endpoint = rest, named
    if endpoint.resources:
        url = _azure.base_url(url, model)
    key, key_name = key_of(spec.key_env or (endpoint.key_env if ours else None), f"model `{name}`")
    return Place(
        to=address(url),
        model=model,
        endpoint=endpoint,
        key=key,
        key_name=key_name,
        # Microsoft's sign-in tokens are no keys: they go where bearers go.
        key_header=None if key == NO_KEY or key.startswith("eyJ") else endpoint.key_header,
        openai=spec.url is None and head == "openai",
    )


def key_of(variable: str | None, whose: str, other: str = "key_env: MY_KEY") -> tuple[str, str]:
    """The key that a variable holds, and the variable's name; `NO_KEY` and "" for none.

    Args:
        variable: Of the environment; None = no key is needed.
        whose: For the message, such as "model `tuned`".
        other: How to name another variable where the user writes.

    Raises:
        UsageError: It holds none, or what cannot be one; the message does not repeat it.
    """
    if variable is None:
        return NO_KEY, ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise UsageError(
            f"{whose} needs a key: the environment variable {variable} is not set",
            f"set {variable}, or name another variable: {other}",
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UsageError(
            f"the environment variable {variable} does not hold a key: blanks, line breaks or "
            "letters that no key has",
            f"set {variable} again, without quotes or line breaks",
        )
    return key, variable
