# SPDX-License-Identifier: Apache-2.0
"""Where lines end, and what is never cut."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.printable import columns, printable
from evalkit.estimation.text_lines import shortened, wrapped

URL = "https://developers.openai.com/api/docs/deprecations/a-page-of-a-long-name"


@pytest.mark.parametrize("width", [20, 40, 60])
def test_addresses_and_paths_are_never_cut(width):
    path = "/data/2026/第三季度/客服对话与工单的清洗结果.最终版/train.jsonl"
    quoted = shlex.quote("/data/my files of 2026 with blanks/客服 对话.jsonl")
    text = f"named instead (as of 2026-11-20: {URL}) （`evalkit estimate {path} --target all` 可作比较）"
    lines = wrapped(text, width)
    assert sum(URL in line for line in lines) == 1
    assert sum(path in line for line in lines) == 1
    assert sum(quoted in line for line in wrapped(f"see: evalkit lint {quoted} --x", width)) == 1


def test_chinese_is_cut_beside_any_character_but_marks_stay():
    text = (
        "自 2026-05-07 起不接受新客户的任务，其微调模型于 2027-01-14 停止回答（截至 2026-11-20）。"
    )
    for width in range(20, 80):
        lines = wrapped(text, width)
        assert max(map(columns, lines)) <= width
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert not any(line[0] in "，。）" for line in lines)
        assert not any(line.endswith("（") for line in lines)


def test_a_line_is_filled_to_its_last_column():
    assert wrapped("ab cd ef", 5) == ["ab cd", "ef"]
    assert wrapped("ab cd ef", 8) == ["ab cd ef"]
    assert wrapped("", 5) == [""]


@given(st.text(max_size=60), st.integers(10, 40))
def test_nothing_is_lost(text, width):
    shown = printable(text)
    lines = wrapped(shown, width)
    assert "".join("".join(lines).split()) == "".join(shown.split())


@given(st.text(max_size=60), st.integers(4, 40))
def test_what_is_shortened_keeps_its_ends(text, width):
    shown = printable(text)
    short = shortened(shown, width)
    assert columns(short) <= width
    if columns(shown) > width:
        head, tail = short.split("…", 1) if shown.count("…") == 0 else ("", "")
        assert shown.startswith(head)
        assert shown.endswith(tail)


def test_a_path_is_cut_in_its_middle():
    assert shortened("/very/long/folder/of/2026/train.jsonl", 20) == "/very/l…/train.jsonl"
