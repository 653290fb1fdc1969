# SPDX-License-Identifier: Apache-2.0
"""Asks every row through evalkit: openai client, gate, retries, durable store.

python benchmarks/peers/ask_evalkit.py ROWS URL AT_ONCE [PROFILE]
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from measured import report


def conversations(rows: Path) -> list[list[dict[str, str]]]:
    """The messages of each row."""
    return [json.loads(line)["messages"] for line in rows.read_bytes().split(b"\n") if line]


async def main(rows: Path, url: str, at_once: int) -> float:
    """CPU seconds of the asking, without imports."""
    from evalkit.core.exchange import Request
    from evalkit.models._store import open_store
    from evalkit.models.ask import ask_all
    from evalkit.models.open import open_model
    from evalkit.models.spec import parse_spec

    requests = [Request(messages=messages) for messages in conversations(rows)]
    spec = parse_spec({"use": "bench", "url": url, "concurrency": at_once}, where="benchmark")
    with tempfile.TemporaryDirectory() as folder:
        async with open_model(spec, name="bench", folder=rows.parent) as model:
            import openai.resources.chat  # noqa: F401  loading is no asking

            start = time.process_time()
            with open_store(Path(folder) / "store.sqlite") as store:
                answers = await ask_all(model, requests, store, on_progress=lambda _tally: None)
            took = time.process_time() - start
    assert all(answer.reply.finish == "stop" for answer in answers)
    return took


if __name__ == "__main__":
    arguments = (Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    if len(sys.argv) > 4:
        import cProfile

        cProfile.run("asyncio.run(main(*arguments))", sys.argv[4])
    else:
        report(asyncio.run(main(*arguments)))
