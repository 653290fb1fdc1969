# SPDX-License-Identifier: Apache-2.0
"""Asks every row through deepeval: one judge's request per row, as its `evaluate` does it.

python benchmarks/peers/ask_deepeval.py ROWS URL AT_ONCE
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
    os.environ |= {"DEEPEVAL_TELEMETRY_OPT_OUT": "YES", "OPENAI_API_KEY": "none"}
    os.chdir(tempfile.mkdtemp())
    from deepeval import evaluate
    from deepeval.evaluate.configs import AsyncConfig, CacheConfig, DisplayConfig
    from deepeval.metrics import GEval
    from deepeval.models import LocalModel
    from deepeval.test_case import LLMTestCase, SingleTurnParams

    model = LocalModel(model="bench", base_url=url, api_key="none", temperature=0)
    found = [json.loads(line)["messages"] for line in rows.read_bytes().split(b"\n") if line]
    cases = [LLMTestCase(input=m[-1]["content"], actual_output="refund") for m in found]
    judge = GEval(
        name="Right",
        model=model,
        evaluation_steps=["Say whether the output sorts the input rightly."],
        evaluation_params=[SingleTurnParams.INPUT, SingleTurnParams.ACTUAL_OUTPUT],
    )
    start = time.process_time()
    evaluate(
        cases,
        [judge],
        async_config=AsyncConfig(max_concurrent=at_once),
        display_config=DisplayConfig(show_indicator=False, print_results=False),
        cache_config=CacheConfig(write_cache=False),
    )
    return time.process_time() - start


if __name__ == "__main__":
    report(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
