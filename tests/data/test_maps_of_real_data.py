# SPDX-License-Identifier: Apache-2.0
"""Columns and keys of files that people made for themselves."""

from __future__ import annotations

import json

import pytest

from evalkit.data.layouts import described
from evalkit.data.read import TableOptions, open_data


def conversations(data):
    return [[(m.role, m.text) for m in e.messages] for e in data]


def made_by_hand(path):
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [[(m["role"], m["content"]) for m in row["messages"]] for row in rows]


def test_chatlaw(shared):
    folder = shared / "chatlaw-law-zh"
    table = {
        "system": "meta_instruction",
        "turns": "chat",
        "turn": {"user": "咨询者", "assistant": "ChatLAW"},
    }
    layouts = described({"chatlaw": table})
    data = open_data(folder / "demo_data_法律咨询.jsonl", layouts=layouts)
    found, wanted = conversations(data), made_by_hand(folder / "fine_tuning.jsonl")
    assert (len(found), data.format) == (20, "chatlaw")
    assert [len(one) for one in found] == [3] * 20
    # The system prompt names another assistant there.
    assert [one[1:] for one in found] == [one[1:] for one in wanted]
    assert {e.fields["subject"] for e in data} == {"法律咨询"}
    other = open_data(folder / "demo_data_法律概念.jsonl", layouts=layouts)
    assert other.format == "chatlaw"
    assert all(len(one) == 3 for one in conversations(other))


def test_medical_table_in_gbk(shared):
    data = open_data(shared / "gbk-csv-medical-zh" / "neike_part1_gbk.csv")
    assert data.columns == {"user": "ask", "assistant": "answer"}
    assert (data.encoding, sum(1 for _ in data)) == ("gb18030", 2_500)
    first = next(iter(data))
    assert first.fields == {"department": "心血管科", "title": "高血压患者能吃党参吗？"}
    joined = TableOptions(templates={"user": r"{title}\n{ask}"})
    again = next(iter(open_data(data.path, table=joined)))
    assert again.messages[0].text == f"{first.fields['title']}\n{first.messages[0].text}"
    assert again.fields == {"department": "心血管科"}


def test_messages_and_their_class(shared):
    data = open_data(shared / "sms-spam-latin1" / "spam.csv")
    assert (data.columns, data.notes) == ({"user": "text", "assistant": "label"}, ())
    found = conversations(data)
    assert len(found) == 5_572
    assert {one[-1][1] for one in found} == {"ham", "spam"}


def test_tables_and_what_their_authors_made_of_them(shared):
    folder = shared / "csv-xlsx-to-jsonl"
    data = open_data(folder / "finetuned_cp1252.csv")
    assert data.columns == {"system": "system", "user": "Question", "assistant": "AI Response"}
    found = conversations(data)
    wanted = made_by_hand(folder / "finetuned_formatted.jsonl")
    assert len(found) == len(wanted) == 15
    assert [[role for role, _ in one] for one in found] == [["system", "user", "assistant"]] * 15

    prompt = "HistoryGPT is a chatbot that generates linguistically accurate historical text "
    options = TableOptions(system=f"{prompt}from the past 500 years.")
    history = open_data(folder / "history_training_data.xlsx", table=options)
    found, wanted = conversations(history), made_by_hand(folder / "history_training_data.jsonl")
    assert history.columns == {"user": "Prompt", "assistant": "Answer"}
    assert len(found) == len(wanted) == 82
    # The author wrote line feeds where the cells hold a backslash and an n.
    told = [[(role, text.replace("\\n", "\n").strip()) for role, text in one] for one in found]
    same = [a == [(r, t.strip()) for r, t in b] for a, b in zip(told, wanted, strict=True)]
    assert sum(same) == 82

    for name in ("split.csv", "split.xlsx", "cantonese_data.csv"):
        data = open_data(folder / name)
        assert {*data.columns.values()} in ({"prompt", "completion"}, {"Prompt", "Completion"})
    assert conversations(open_data(folder / "split.csv")) == conversations(
        open_data(folder / "split.xlsx")
    )


def test_a_table_without_a_header(shared):
    path = shared / "csv-xlsx-to-jsonl" / "raw-finetuning-prompts.csv"
    options = TableOptions(header=False, columns={"system": "A", "user": "2", "assistant": "C"})
    first = next(iter(open_data(path, table=options)))
    assert [m.role for m in first.messages] == ["system", "user", "assistant"]
    assert first.messages[2].text.startswith("Yes there are several train lines")
    assert first.location.line == 1


@pytest.mark.parametrize("name", ["olympics_qa.csv", "AG_news_samples.csv"])
def test_tables_of_the_cookbook(shared, name):
    data = open_data(shared / "openai-cookbook" / name)
    assert data.columns
    assert all(len(e.messages) >= 2 for e in data if e.broken is None)
