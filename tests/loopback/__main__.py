# SPDX-License-Identifier: Apache-2.0
"""`python tests/loopback`: the server as a process of its own, until its input ends.

Its first line of output is the base URL. Each line of input is answered by one line of JSON: what
it has counted so far. A line that is a JSON object changes something before: `{"fail": {...}}`
orders a fault, `{"fine_tuning": {...}}` sets attributes of the jobs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Serve until the input ends."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from loopback import FastLoopback, Limits, Loopback

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    options.add_argument("--threads", action="store_true", help="one thread per connection")
    options.add_argument("--validate", action="store_true", help="hold all against the schemas")
    options.add_argument("--rpm", type=float)
    options.add_argument("--tpm", type=float)
    options.add_argument("--window", type=float, default=60.0, help="seconds that limits count in")
    options.add_argument(
        "--tick", type=float, help="seconds of a job's tick; else each look is one"
    )
    given = options.parse_args()
    limited = given.rpm is not None or given.tpm is not None
    make = Loopback if given.threads else FastLoopback
    with make(
        port=given.port,
        delay=given.delay,
        validate=given.validate,
        limits=Limits(given.rpm, given.tpm, given.window) if limited else None,
    ) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        server.fine_tuning.seconds = given.tick
        for line in sys.stdin:
            if line.startswith("{"):
                _obey(server, json.loads(line))
            counted = {
                "requests": len(server.requests),
                "billed": len(server.billed),
                "twice": len(server.bill.twice()),
                "refused": sum(a.status == 429 for a in server.arrivals),
                "most_under_way": server.most_under_way,
                "batches": len(server.batches.held),
                "uploads": len(server.fine_tuning.uploads),
                "creates": len(server.fine_tuning.creates),
                "jobs": {name: run.phase for name, run in server.fine_tuning.jobs.items()},
                "usd": str(server.bill.total()),
                "complaints": server.complaints[:10],
            }
            sys.stdout.write(json.dumps(counted) + "\n")
            sys.stdout.flush()


def _obey(server: Any, order: dict[str, Any]) -> None:
    if "fail" in order:
        server.fail(**order["fail"])
    for name, value in order.get("fine_tuning", {}).items():
        setattr(server.fine_tuning, name, value)


if __name__ == "__main__":
    main()
