# SPDX-License-Identifier: Apache-2.0
"""Asks every row through the bare openai client, and keeps nothing: the floor of all the others.

python benchmarks/peers/ask_openai.py ROWS URL AT_ONCE
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from measured import report


async def main(rows: list[list[dict[str, str]]], url: str, at_once: int) -> float:
    """CPU seconds of the asking, without imports."""
    import openai
    import openai.resources.chat

    waiting = iter(rows)
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:

        async def work() -> None:
            for messages in waiting:
                await client.chat.completions.create(
                    model="bench", messages=messages, max_tokens=256, temperature=0.0, seed=0
                )

        start = time.process_time()
        await asyncio.gather(*(work() for _ in range(at_once)))
        return time.process_time() - start


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_bytes().split(b"\n")
    found = [json.loads(line)["messages"] for line in lines if line]
    report(asyncio.run(main(found, sys.argv[2], int(sys.argv[3]))))
