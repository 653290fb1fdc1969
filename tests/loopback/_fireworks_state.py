# SPDX-License-Identifier: Apache-2.0
"""What Fireworks' loopback keeps, and what its files share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ._training import Trainings
from .app import Call, Refused

if TYPE_CHECKING:
    from .server import Loopback

__all__ = [
    "ACCOUNT_PATH",
    "PROVIDER",
    "Dataset",
    "Fireworks",
    "fireworks_of",
    "iso",
    "page",
    "signed",
    "valid",
]

PROVIDER = "fireworks"
ACCOUNT = "acme"
ACCOUNT_PATH = "/accounts/(?P<account>[^/]+)"
DIRECT = 150 * 2**20


@dataclass
class Dataset:
    """One data set."""

    id: str
    made: dict[str, Any]
    created: int
    content: bytes = b""
    awaited: int | None = None  # bytes, by a signed address
    ready: bool = False


@dataclass
class Fireworks(Trainings):
    """Its jobs and data sets.

    Attributes:
        it: The server.
        accounts: That the key may see.
        datasets: By id.
        uploaded: Ids, whenever bytes came.
        direct: Bytes that one request may bring.
    """

    it: Any = None
    accounts: tuple[str, ...] = (ACCOUNT,)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    uploaded: list[str] = field(default_factory=list)
    direct: int = DIRECT


def fireworks_of(it: Loopback) -> Fireworks:
    """The state of this API."""
    if "fireworks" not in it.state:
        from .fireworks import fault_of, told

        made = Fireworks(it=it)
        made.tell = lambda run, what: told(it, run, what)
        made.check = fault_of
        it.state["fireworks"] = made
    return it.state["fireworks"]


def page(call: Call, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    start, size = int(call.query.get("pageToken") or 0), int(call.query.get("pageSize") or 50)
    size = min(size, 200)
    more = start + size < len(rows)
    shown = rows[start : start + size]
    return {
        name: shown,
        "nextPageToken": str(start + size) if more else "",
        "totalSize": len(rows),
    }


def valid(name: str) -> None:
    letters = set("abcdefghijklmnopqrstuvwxyz0123456789-")
    if not 1 <= len(name) <= 63 or set(name) - letters or name[0] == "-":
        raise Refused(400, f"not an id: {name}", "INVALID_ARGUMENT")


def iso(time: int | None) -> str | None:
    return None if time is None else datetime.fromtimestamp(time, UTC).isoformat()


def signed(it: Loopback, dataset: str, name: str) -> str:
    return f"{it.url_of(PROVIDER)}/signed/datasets/{dataset}/{name}"
