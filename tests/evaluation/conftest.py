# SPDX-License-Identifier: Apache-2.0
"""A small classification with recorded answers: real engines, nothing asked."""

import json

import pytest

LABELS = ["bill", "ship"]


def chat(user, assistant=None, **metadata):
    messages = [{"role": "user", "content": user}]
    if assistant is not None:
        messages.append({"role": "assistant", "content": assistant})
    row = {"messages": messages}
    return {**row, "metadata": metadata} if metadata else row


def write_jsonl(path, rows):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")


@pytest.fixture
def recorded(tmp_path):
    """Writes a held-out set and the answers of models: `recorded(rows, base=[...], tuned=[...])`.

    `rows` are (question, expected, metadata); answers are texts in the same order.
    """
    from evalkit.core.exchange import Reply
    from evalkit.models.replay import Recorded, write_recording

    def make(rows, suite="", **answers):
        data = [chat(question, expected, **metadata) for question, expected, metadata in rows]
        write_jsonl(tmp_path / "test.jsonl", data)
        lines = ["data: test.jsonl", "models:"]
        for name, texts in answers.items():
            write_recording(
                tmp_path / f"{name}.answers.jsonl",
                [
                    Recorded(
                        messages=row["messages"][:-1],
                        reply=text if isinstance(text, Reply) else Reply(text=text),
                    )
                    for row, text in zip(data, texts, strict=True)
                ],
            )
            lines.append(f"  {name}: replay:{name}.answers.jsonl")
        path = tmp_path / "x.eval.yaml"
        path.write_text("\n".join([*lines, suite]) + "\n", "utf-8")
        return path

    return make
