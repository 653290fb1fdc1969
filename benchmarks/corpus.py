# SPDX-License-Identifier: Apache-2.0
"""Chat JSONL of any size out of the real texts in ../shared/data: every row is different."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["build"]

_SYSTEMS = (
    "You are a helpful assistant.",
    "你是一名专业的法律顾问，请用中文简明回答。",
    "You answer customers of a shop. Be brief and friendly, and never promise a refund.",
    "你是一名医生助手，请根据描述给出建议，并提醒患者及时就医。",
)
_SENTENCE = re.compile(r"[^。！？.!?\n]+[。！？.!?\n]*")


def _texts(data: Path) -> Iterator[tuple[str, str]]:  # noqa: C901  (each set has its own form)
    """(question, answer) of the real sets."""
    for row in json.loads((data / "llama-factory-demos/alpaca_zh_demo.json").read_text("utf-8")):
        yield f"{row['instruction']}\n{row['input']}".strip(), row["output"]
    for row in json.loads((data / "llama-factory-demos/kto_en_demo.json").read_text("utf-8")):
        yield row["messages"][-2]["content"], row["messages"][-1]["content"]
    for name in ("huatuo-med-zh/medical_sft_1K_sharegpt.jsonl",):
        for line in (data / name).read_text("utf-8").splitlines():
            turns = json.loads(line)["conversations"]
            yield turns[0]["value"], turns[1]["value"]
    for name in ("foundry-sft-gsm8k/chat_train.jsonl",):
        for line in (data / name).read_text("utf-8").split("\n"):
            if line.strip():
                messages = json.loads(line)["messages"]
                yield messages[-2]["content"], messages[-1]["content"]
    for line in (data / "foundry-dpo-orca/validation.jsonl").read_text("utf-8").split("\n"):
        if line.strip():
            row = json.loads(line)
            yield row["input"]["messages"][-1]["content"], row["preferred_output"][0]["content"]
    with (data / "gbk-csv-medical-zh/neike_part1_gbk.csv").open(encoding="gb18030") as stream:
        for cells in csv.DictReader(stream):
            yield cells["ask"], cells["answer"]


def build(data: Path, path: Path, size: int, *, seed: int = 7) -> int:
    """Write a file of about `size` bytes; returns its rows.

    Questions are real ones; answers are made of the sentences of three real answers in the same
    language, in another order each time, so that a tokenizer sees every row for the first time.
    """
    rng = random.Random(seed)  # noqa: S311
    pairs = [(q, a) for q, a in _texts(data) if q and a and len(q) < 4000 and len(a) < 6000]
    pairs = [p for p in pairs if not any("<|end" in text for text in p)]  # the peer dies of it
    chinese = [p for p in pairs if any("一" <= c <= "鿿" for c in p[1])]
    english = [p for p in pairs if p not in set(chinese)]
    sentences = {
        id(group): [_SENTENCE.findall(answer) for _, answer in group]
        for group in (chinese, english)
    }
    rows = written = 0
    with path.open("wb") as stream:
        while written < size:
            group = chinese if rows % 2 else english
            question, _ = rng.choice(group)
            pool = [s for _ in range(3) for s in rng.choice(sentences[id(group)])]
            rng.shuffle(pool)
            length, wanted, parts = 0, rng.randrange(200, 2000), []
            for sentence in pool:
                parts.append(sentence)
                length += len(sentence)
                if length > wanted:
                    break
            answer = "".join(parts).strip() or "ok"
            messages = [
                {"role": "user", "content": f"{question.strip()} ({rows})"},
                {"role": "assistant", "content": answer},
            ]
            if rows % 3 == 0:
                messages.insert(0, {"role": "system", "content": _SYSTEMS[rows % 4]})
            line = json.dumps({"messages": messages}, ensure_ascii=False).encode() + b"\n"
            stream.write(line)
            rows, written = rows + 1, written + len(line)
    return rows
