# SPDX-License-Identifier: Apache-2.0
"""Marks that a provider reserves are found wherever they stand in a prompt, and only then."""

from __future__ import annotations

import json

import pytest

from evalkit.lint.engine import check
from evalkit.lint.settings import Settings

RESERVED = ("User:", "Bot:", "Assistant:", "System:", "<image>", "<video>", "[EOS]")
ANYWHERE = Settings(
    select=("role-marker-in-text",), options={"role-marker-in-text": {"markers_anywhere": True}}
)
PLAIN = Settings(select=("role-marker-in-text",))


def row(system: str, question: str, answer: str) -> str:
    roles = ("system", "user", "assistant")
    messages = [
        {"role": role, "content": text}
        for role, text in zip(roles, (system, question, answer), strict=True)
    ]
    return json.dumps({"messages": messages}, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("mark", RESERVED)
def test_reserved_marks_are_found_in_prompts_where_they_are_reserved(tmp_path, mark):
    path = tmp_path / "train.jsonl"
    path.write_text(
        row("Be kind.", f"What does {mark} mean?", "Nothing.")
        + row(f"Never write {mark} here.", "Hi", "Hello!")
        + row("Be kind.", "Hi", f"I never write {mark} myself."),
        encoding="utf-8",
    )
    found = check([str(path)], ANYWHERE).findings
    assert [(f.location.line, f.pointer) for f in found] == [
        (1, "/messages/1/content"),
        (2, "/messages/0/content"),
    ]
    assert all(mark in f.message for f in found)
    assert check([str(path)], PLAIN).findings == ()


def test_template_marks_are_not_reserved_ones(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(row("Be kind.", "[INST] Hi [/INST]", "Hello!"), encoding="utf-8")
    assert check([str(path)], ANYWHERE).findings == ()
    assert len(check([str(path)], PLAIN).findings) == 1
