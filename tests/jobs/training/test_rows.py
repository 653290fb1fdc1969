# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest

from evalkit.jobs.training.faults import TrainingError
from evalkit.jobs.training.rows import Turn, read_talks


@pytest.fixture
def talks(tmp_path):
    def read(*rows, part="training"):
        text = "".join(
            (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n"
            for row in rows
        )
        path = tmp_path / "x.jsonl"
        path.write_text(text, encoding="utf-8")
        return read_talks(path, part)

    return read


def test_what_is_learned(talks, chat):
    row = chat("一", "二", "三", "四")
    row["messages"][2]["weight"] = 0
    row["messages"][0]["role"] = "developer"
    (talk,) = talks(row)
    assert talk.turns == (
        Turn("system", "Sort it.", learned=False),
        Turn("user", "一", learned=False),
        Turn("assistant", "二", learned=False),
        Turn("user", "三", learned=False),
        Turn("assistant", "四", learned=True),
    )


def test_other_layouts_and_parts(talks, chat):
    (alpaca,) = talks({"instruction": "Sort", "input": "it", "output": "done"})
    assert [turn.role for turn in alpaca.turns] == ["user", "assistant"]
    (sharegpt,) = talks(
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]}
    )
    assert sharegpt.turns[1] == Turn("assistant", "Ho", learned=True)
    row = chat("Hi", "Ho")
    row["messages"][1]["content"] = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert talks(row)[0].turns[1].text == "ab"


def test_blank_lines_do_not_count(talks, chat):
    found = talks(chat("a", "b"), "", chat("c", "d"))
    assert len(found) == 2


CALL = {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda row: row | {"tools": [{"type": "function", "function": {"name": "f"}}]}, "example 2 has tools"),
        (lambda row: {"messages": [*row["messages"], CALL]}, "example 2, message 4 calls tools"),
        (lambda row: {"messages": [*row["messages"], {"role": "tool", "content": "x"}]}, "has the role `tool`"),
        (lambda _: {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]}, "something else than text"),
        (lambda _: '{"messages": [', "example 2 cannot be parsed"),
        (lambda _: "[1]", "example 2 cannot be parsed"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_learned_fails_the_job(talks, chat, change, said):
    with pytest.raises(TrainingError, match=said) as found:
        talks(chat("Hi", "yes"), change(chat("Ho", "no")))
    assert (found.value.code, found.value.param) == ("invalid_training_file", "training_file")


def test_a_file_that_is_none_of_ours(talks):
    with pytest.raises(TrainingError, match="its rows are no openai-chat, sharegpt, alpaca"):
        talks({"prompt": "a", "chosen": "b", "rejected": "c"})
    with pytest.raises(TrainingError, match=r"it has no rows|its rows are no") as found:
        talks("", part="validation")
    assert found.value.code == "invalid_validation_file"
