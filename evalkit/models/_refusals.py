# SPDX-License-Identifier: Apache-2.0
"""An HTTP status as our errors: what stops the run, what may be asked again, what was filtered."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from evalkit.core.errors import RemoteError
from evalkit.core.printable import excerpt
from evalkit.models._faults import FilteredError, RequestError, without_secrets

__all__ = ["AGAIN", "error_in", "refused", "seconds_to_wait"]

AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
# Codes by which providers say that there is no money left, whatever the status (2026-11): OpenAI,
# OpenAI, OpenAI, DashScope, DeepSeek.
_NO_MONEY = frozenset(
    {
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "arrearage",
        "insufficient_balance",
    }
)
# Likewise that the prompt was not to their liking: OpenAI and Azure, DashScope twice.
_FILTERED = frozenset(
    {"content_filter", "content_policy_violation", "data_inspection_failed", "datainspectionfailed"}
)
_CODE = re.compile(r"[A-Za-z][A-Za-z_]{2,60}\Z")  # a word of the protocol, never part of a key


def refused(
    status: int,
    headers: Mapping[str, str],
    document: Any,
    *,
    host: str,
    sent: Collection[str] = (),
    key_name: str = "",
) -> RemoteError:
    """The error for an answer whose status is no success.

    Args:
        status: HTTP status, 300 to 599.
        headers: Names in any case that the mapping finds.
        document: The parsed body; anything.
        host: For messages.
        sent: Secrets that it was sent; they are in no message.
        key_name: The variable that held it.
    """
    code, said = error_in(document, *sent)
    what = f"{host} answered {status}"
    if 300 <= status < 400:
        to = urlsplit(headers.get("location", "")).netloc.rpartition("@")[2]
        return RemoteError(
            f"{host} sends requests elsewhere ({status}{f', to {excerpt(to)}' if to else ''})",
            "give the final address as `url`: a key follows no redirection",
            status=status,
        )
    if status == 402 or code.lower() in _NO_MONEY:
        return RemoteError(
            f"{host}: the account has no quota left ({status})",
            "top it up, then run again: what was answered is kept",
            status=status,
        )
    if status in (401, 403):
        # Providers repeat parts of the key here: their words are left out.
        named = f"the key in {key_name}" if key_name else "a request without a key"
        why = f"{status}, {code}" if _CODE.match(code) and code != "invalid_api_key" else status
        return RemoteError(
            f"{host} refused {named} ({why})",
            f"set {key_name} to a valid key for this server"
            if key_name
            else "name the environment variable that holds its key: key_env: MY_KEY",
            status=status,
        )
    if status == 404:
        return RemoteError(
            f"{what}: {said or 'not found'}", "are the model's name and the url right?", status=404
        )
    if code.lower() in _FILTERED:
        return FilteredError(said or "refused by the content filter", status=status)
    again = status in AGAIN
    return RequestError(
        f"{what}: {said}" if said else what,
        status=status,
        retry_after=seconds_to_wait(headers) if again else None,
        retryable=again,
    )


def error_in(document: Any, *sent: str) -> tuple[str, str]:
    """Code and words of an error object, as OpenAI's protocol and its kin write them.

    Args:
        document: `{"error": {"message", "type", "code"}}`, `{"error": "words"}`, `{"message": ...}`
            or anything else.
        sent: Secrets that the server was sent; they are hidden.
    """
    body: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
    nested = body.get("error", body)
    inner: Mapping[str, Any] = nested if isinstance(nested, Mapping) else {"message": nested}
    said = inner.get("message") or inner.get("detail") or ""
    return str(inner.get("code") or inner.get("type") or ""), without_secrets(str(said), *sent)


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """What `retry-after-ms` or `retry-after` ask for (RFC 9110 10.2.3); None where nothing sane."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        written = headers.get(name)
        if written is None:
            continue
        try:
            seconds = float(written) * unit
        except ValueError:
            try:
                date = parsedate_to_datetime(written)
            except (TypeError, ValueError, OverflowError):
                continue
            date = date if date.tzinfo else date.replace(tzinfo=UTC)
            seconds = max(0.0, (date - datetime.now(UTC)).total_seconds())
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    return None
