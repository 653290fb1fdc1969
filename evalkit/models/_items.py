# SPDX-License-Identifier: Apache-2.0
"""What both routes, direct and by batch, make of requests before the first goes out."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Request
from evalkit.core.printable import printable
from evalkit.models._store import keyed
from evalkit.models._way import Item
from evalkit.models.open import OpenModel

__all__ = ["SKIPPED", "distinct", "may_be_paid"]

_WHY = "sent and not answered (a crash, a time-out or a deadline)"
# The error of a request that is left out.
SKIPPED = f"{_WHY}, perhaps paid for: not asked again (--if-maybe-paid skip)"


def distinct(model: OpenModel, requests: Sequence[Request], repeat: int) -> dict[bytes, Item]:
    """The different requests by key, prepared, with the places at which each stands.

    Args:
        model: Who is asked.
        requests: Shape (n,).
        repeat: Which repetition of the same questions this is.
    """
    items: dict[bytes, Item] = {}
    for place, request in enumerate(requests):
        whole = model.prepared(request)
        known = keyed(model.identity, whole, repeat)
        if (item := items.get(known.key)) is None:
            items[known.key] = Item(whole, known, [place])
        else:
            item.places.append(place)
    return items


def may_be_paid(n: int, of: int, name: str) -> UsageError:
    """The error of `--if-maybe-paid fail`.

    Args:
        n: Requests whose fate is not known.
        of: All different ones.
        name: Of the model.
    """
    return UsageError(
        f"{n:,} of {of:,} requests to `{printable(name)}` were {_WHY}: perhaps paid for",
        "say what to do: --if-maybe-paid ask-again may pay twice for them, "
        "--if-maybe-paid skip leaves them out",
    )
