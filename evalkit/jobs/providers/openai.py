# SPDX-License-Identifier: Apache-2.0
"""Training jobs at OpenAI, or at a server that speaks as it does (OPENAI_BASE_URL, --url)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from evalkit.jobs.providers._openai_protocol import opened
from evalkit.jobs.seam import Provider, Where

__all__ = ["openai"]


@asynccontextmanager
async def openai(where: Where) -> AsyncIterator[Provider]:
    """Open it: https://developers.openai.com/api/reference/resources/fine_tuning.

    Raises:
        UsageError: No key.
        MissingExtraError: The `openai` package is not there.
    """
    async with opened("openai", where) as provider:
        yield provider
