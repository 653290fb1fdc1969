# SPDX-License-Identifier: Apache-2.0
"""The ways in which Azure's users write where their models are.

Microsoft's page on versions of the API (read 2026-11-21): `/openai/v1` needs no `api-version` and
takes the deployment as the model's name; before it, the deployment stood in the path.
https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle
"""

from __future__ import annotations

import os
import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from evalkit.core.errors import UsageError

__all__ = ["base_url"]

_CALL = re.compile(r"/(?:chat/)?completions/?\Z")
_VERSION = "OPENAI_API_VERSION"  # the variable of Azure's own client


def base_url(url: str, deployment: str) -> str:
    """The base URL of a deployment.

    Args:
        url: "https://X.openai.azure.com", with or without "/openai/v1", "/openai/deployments/NAME",
            the call at its end, and "?api-version=...".
        deployment: Its name.

    Raises:
        UsageError: The older form without a version.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    path = _CALL.sub("", parts.path).rstrip("/")
    version = query.get("api-version") or os.environ.get(_VERSION, "").strip()
    if "/deployments/" in path:
        if not version:
            raise UsageError(
                f"the address of {parts.hostname} names a deployment and no api-version",
                f"end it with ?api-version=2024-10-21, or set {_VERSION}; or give the newer "
                f"form: url: https://{parts.hostname}/openai/v1",
            )
        query["api-version"] = version
    elif path in ("", "/openai"):
        if version:
            path = f"/openai/deployments/{quote(deployment, safe='')}"
            query["api-version"] = version
        else:
            path = "/openai/v1"
    return urlunsplit((parts.scheme, parts.netloc, path, urlencode(query), ""))
