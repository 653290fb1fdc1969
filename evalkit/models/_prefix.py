# SPDX-License-Identifier: Apache-2.0
"""What all prompts of a local model begin with is worked out once: the state of a system message.

A slot that keeps what it has would let the question before show in the last bits of an answer. So
the state of the system message alone is saved to a file, worked out from nothing, and every answer
starts from that file: the same answer in any order, for about half of the work of a short prompt.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.core.example import canonical
from evalkit.core.exchange import Request
from evalkit.models import _chat
from evalkit.models._faults import RequestError

__all__ = ["Prefixes"]

_MOST = 8  # files kept; a state has some 20 KB per token of the smallest model
_SLOT = "/slots/0?action="

Post = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


class Prefixes:
    """The saved states of one server.

    Args:
        folder: Where the server keeps them; nobody else's.
        url: Of the server, without /v1.
        post: Sends a body to a path or URL and gives the JSON of the answer.
    """

    def __init__(self, folder: Path, url: str, post: Post) -> None:
        self._folder = folder
        self._url = url
        self._post = post
        self._saved: OrderedDict[str, bool] = OrderedDict()  # False: the server cannot save it

    async def restored(self, request: Request, switches: Mapping[str, Any]) -> bool:
        """Put the slot into the state of the request's system message.

        Args:
            request: Which will be asked next.
            switches: Fields of the body that decide the state: the adapter.

        Returns:
            Whether it is in that state; False where the request has no system message, or one
            that the model's template does not take by itself: then nothing may be reused.
        """
        if len(request.messages) < 2 or request.messages[0].get("role") != "system":
            return False
        alone = replace(
            request, messages=request.messages[:1], max_tokens=1, labels=(), top_logprobs=0
        )
        # Tools and whatever else the template may read are part of what comes first.
        body = {**_chat.body("local", alone), **switches, "cache_prompt": False}
        name = hashlib.sha256(canonical(body)).hexdigest()[:32]
        if name not in self._saved:
            self._saved[name] = await self._save(name, body)
            if len(self._saved) > _MOST:
                oldest, _ = self._saved.popitem(last=False)
                (self._folder / oldest).unlink(missing_ok=True)
        self._saved.move_to_end(name)
        if not self._saved[name]:
            return False
        await self._post(f"{self._url}{_SLOT}restore", {"filename": name})
        return True

    async def _save(self, name: str, body: Mapping[str, Any]) -> bool:
        try:
            await self._post("/chat/completions", body)
            await self._post(f"{self._url}{_SLOT}save", {"filename": name})
        except RequestError:  # too long, or a template that wants a question: asked as a whole
            return False
        return True
