# SPDX-License-Identifier: Apache-2.0
"""Training jobs at Azure OpenAI: the customer's own resource (AZURE_OPENAI_ENDPOINT, --url)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from evalkit.jobs.providers._openai_protocol import opened
from evalkit.jobs.seam import Provider, Where

__all__ = ["azure"]

_LACKS = {
    "metadata": "Azure's jobs keep no metadata; a job is found by its files, model and suffix",
}


@asynccontextmanager
async def azure(where: Where) -> AsyncIterator[Provider]:
    """Open it: https://learn.microsoft.com/azure/foundry/openai/how-to/fine-tuning.

    Raises:
        UsageError: No address or no key.
        MissingExtraError: The `openai` package is not there.
    """
    async with opened("azure", where, lacks=_LACKS) as provider:
        yield provider
