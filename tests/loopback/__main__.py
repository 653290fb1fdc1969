# SPDX-License-Identifier: Apache-2.0
"""`python tests/loopback`: the server as a process of its own, until its input ends.

Its first line of output is the base URL. Each line of input is answered by one line of JSON: what
it has counted so far.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


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
        for _ in sys.stdin:
            counted = {
                "requests": len(server.requests),
                "billed": len(server.billed),
                "twice": len(server.bill.twice()),
                "refused": sum(a.status == 429 for a in server.arrivals),
                "most_under_way": server.most_under_way,
                "batches": len(server.batches.held),
                "usd": str(server.bill.total()),
                "complaints": server.complaints[:10],
            }
            sys.stdout.write(json.dumps(counted) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
