# SPDX-License-Identifier: Apache-2.0
"""What a model's own settings make of the prompts, as a digest: the data do not tell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from evalkit.core.exchange import Request
from evalkit.models.spec import ModelSpec

__all__ = ["shown_digest"]


def shown_digest(spec: ModelSpec, sent: Sequence[Request]) -> str:
    """32 hex digits of the messages as they were sent; "" where they are those of the data.

    Args:
        spec: Whose examples, text before or system message may stand in them.
        sent: Requests of the first repeat.
    """
    if not (spec.few_shot or spec.prompt or spec.system.startswith("@")):
        return ""
    digest = hashlib.blake2b(digest_size=16)
    for request in sent:
        line = json.dumps([dict(message) for message in request.messages], sort_keys=True)
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()
