# SPDX-License-Identifier: Apache-2.0
"""OpenAI's API on 127.0.0.1 for tests: real HTTP, state, a bill, and every fault on order.

`with Loopback() as server:` and ask `server.url`. It answers each conversation always the same,
counts what it would bill, keeps what it was sent, and holds every request and every good answer
against OpenAI's published schemas where they lie beside the checkout (../shared/openai-spec). One
file per API (`chat`, `completions`, `models`, `files`, `uploads`, `batches`, `fine_tuning`; other
providers' below their names: `together`, `fireworks`, `mistral`): a new one is found by itself.

`python tests/loopback` runs it as a process of its own, `FastLoopback` on one event loop.
"""

from __future__ import annotations

from .bill import Bill, Charge
from .fast import FastLoopback
from .faults import Fault
from .limits import Arrival, Limits, busiest
from .schemas import SPEC, complaints
from .server import Loopback

__all__ = [
    "SPEC",
    "Arrival",
    "Bill",
    "Charge",
    "FastLoopback",
    "Fault",
    "Limits",
    "Loopback",
    "busiest",
    "complaints",
]
