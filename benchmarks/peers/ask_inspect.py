# SPDX-License-Identifier: Apache-2.0
"""Asks every row through inspect_ai: its task, its OpenAI-compatible provider, its log.

python benchmarks/peers/ask_inspect.py ROWS URL AT_ONCE
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from measured import report


def main(rows: Path, url: str, at_once: int) -> float:
    """CPU seconds of the asking, without imports."""
    import inspect_ai
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser, get_model
    from inspect_ai.solver import generate

    kinds = {"system": ChatMessageSystem, "user": ChatMessageUser}
    found = [json.loads(line)["messages"] for line in rows.read_bytes().split(b"\n") if line]
    samples = [
        Sample(input=[kinds[m["role"]](content=m["content"]) for m in messages])
        for messages in found
    ]
    os.environ["OPENAI_API_KEY"] = "none"
    model = get_model("openai/bench", base_url=url, responses_api=False)
    task = inspect_ai.Task(dataset=MemoryDataset(samples), solver=generate())
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        (log,) = inspect_ai.eval(
            task, model=model, max_connections=at_once, max_tasks=1, max_samples=at_once,
            log_dir=folder, display="none", temperature=0.0, max_tokens=256,
        )  # fmt: skip
        took = time.process_time() - start
    assert log.status == "success", log.error
    return took


if __name__ == "__main__":
    report(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
