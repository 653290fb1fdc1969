# SPDX-License-Identifier: Apache-2.0
"""What the OpenAI cookbook's "Data preparation and analysis for chat model fine-tuning" does, anew.

Read 2026-11 (openai/openai-cookbook, MIT: examples/Chat_finetuning_data_prep.ipynb): load every row,
look for format errors, count tokens of every message value with tiktoken, print distributions and
an estimate. Written from its description, so that it can be measured beside evalkit.

    python cookbook_check.py FILE ENCODING
"""

from __future__ import annotations

import json
import sys
from collections import Counter

import numpy as np
import tiktoken

KEYS = ("role", "content", "name", "function_call", "weight")
ROLES = ("system", "user", "assistant", "function")


def main(path: str, encoding_name: str) -> None:
    with open(path, encoding="utf-8") as stream:  # noqa: PTH123
        dataset = [json.loads(line) for line in stream]
    errors: Counter[str] = Counter()
    for row in dataset:
        if not isinstance(row, dict):
            errors["data_type"] += 1
            continue
        messages = row.get("messages")
        if not messages:
            errors["missing_messages_list"] += 1
            continue
        for message in messages:
            if "role" not in message or "content" not in message:
                errors["message_missing_key"] += 1
            if any(key not in KEYS for key in message):
                errors["message_unrecognized_key"] += 1
            if message.get("role") not in ROLES:
                errors["unrecognized_role"] += 1
            content = message.get("content")
            if (not content and not message.get("function_call")) or not isinstance(content, str):
                errors["missing_content"] += 1
        if not any(message.get("role") == "assistant" for message in messages):
            errors["example_missing_assistant_message"] += 1
    print("Format errors:", dict(errors) or "none")

    encoding = tiktoken.get_encoding(encoding_name)
    no_system = no_user = 0
    sizes, totals, answers = [], [], []
    for row in dataset:
        messages = row["messages"]
        no_system += all(message["role"] != "system" for message in messages)
        no_user += all(message["role"] != "user" for message in messages)
        sizes.append(len(messages))
        total = 3
        for message in messages:
            total += 3
            for key, value in message.items():
                total += len(encoding.encode(value))
                if key == "name":
                    total += 1
        totals.append(total)
        answers.append(
            sum(
                len(encoding.encode(message["content"]))
                for message in messages
                if message["role"] == "assistant"
            )
        )
    print("Examples missing a system message:", no_system, "a user message:", no_user)
    for name, values in (
        ("messages per example", sizes),
        ("tokens per example", totals),
        ("assistant tokens per example", answers),
    ):
        array = np.array(values)
        print(
            f"{name}: min {array.min()} max {array.max()} mean {array.mean():.1f} "
            f"median {np.median(array):.1f} p5 {np.quantile(array, 0.1):.1f} "
            f"p95 {np.quantile(array, 0.9):.1f}"
        )
    limit = 16_385
    print("Over the limit:", sum(total > limit for total in totals))
    print("Billable tokens:", sum(min(limit, total) for total in totals))


if __name__ == "__main__":
    main(*sys.argv[1:])
