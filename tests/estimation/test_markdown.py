# SPDX-License-Identifier: Apache-2.0
"""Comments of pull requests: a headline, one table, the rest folded; data never becomes markup."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.core.location import Location
from evalkit.estimation.facts import Outlier
from evalkit.estimation.markdown import as_markdown
from evalkit.estimation.outlook import Unlisted
from evalkit.estimation.profile_spread import spread

_OURS = re.compile(r"</?details>|</?summary>|<br>")
_BLANK = "&#8203;"


def shown(text):
    """As a reader sees it: without the marks that keep data from becoming markup."""
    return re.sub(r"\\([^\w\s])", r"\1", text.replace(_BLANK, ""))


def test_one_model(made, answered):
    where = Location(source="train.jsonl", line=9, number=9)
    estimate = made(outliers=(Outlier(location=where, tokens=9_876, times=38.0),))
    text = as_markdown(answered(estimate))
    assert shown(text).startswith("### train.jsonl: $0.1305 on gpt-4.1-mini-2025-04-14 (openai)\n")
    assert "🟡 gpt-4.1-mini-2025-04-14 closes" in text
    assert "| epochs | 5 (auto: 3 x 20 is under 100 examples" in text
    assert "<br>at $5.00 per 1M tokens" in shown(text)
    assert text.count("<details><summary>") == 1
    assert text.endswith("</details>")
    assert "| assistant | 2,051 | 39.3" in shown(text)
    assert "| train.jsonl:9 | 9,876 | 38 x the median |" in shown(text)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_table_is_whole(made, answered, language):
    for result in (
        answered(made(), language=language),
        answered(made(), made("azure/gpt-4.1"), language=language),
    ):
        tables = re.findall(r"(?:^\|.*\|$\n?)+", as_markdown(result), re.MULTILINE)
        assert tables
        for table in tables:
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.strip().split("\n")}
            assert len(widths) == 1


def test_several_models(made, answered):
    both = answered(made(), made("azure/gpt-4.1", cost=None), unlisted=(Unlisted(target="trl"),))
    text = shown(as_markdown(both))
    assert text.startswith("### train.jsonl: 2 models side by side\n")
    assert "| openai | gpt-4.1-mini-2025-04-14 | not linted | 5 | 26,100 | $0.1305 |" in text
    assert "no model on record: trl" in text
    assert "<details>" not in text


def test_chinese(made, answered):
    text = as_markdown(answered(made(), language="zh"))
    assert "| 训练轮数 | 5（自动：3 x 20 不足 100 条" in text
    assert "样本长度与 token 的去向" in text


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](http://e.com/p.png)",
        "[x](javascript:alert(1))", "`code` | cell", "@everyone #1", "www.e.com", "**bold** _it_",
        "a\n\n# heading", "</details><h1>", "\u202egnp.exe",
    ],
)  # fmt: skip
def test_data_is_text(made, answered, evil):
    estimate = made(
        files=((evil, 20),), formats=(evil,), roles={evil: spread({2: 3})},
        outliers=(
            Outlier(location=Location(source=evil, line=1, number=1), tokens=900, times=9.0),
        ),
    )  # fmt: skip
    text = as_markdown(answered(estimate))
    rest = _OURS.sub("", text)
    assert "<" not in rest
    assert not re.search(r"(?<!\\)[*_`~\[\]]", rest)
    assert not re.search(r"@\w|(?<!;)//e\.com|www\.e", rest)
    assert "\u202e" not in text
    assert not re.search(r"^# ", text, re.MULTILINE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.text(max_size=40))
def test_no_name_makes_html_or_another_cell(made, answered, name):
    estimate = made(files=((name, 20),), roles={name: spread({2: 3})})
    text = as_markdown(answered(estimate))
    assert "<" not in _OURS.sub("", text)
    rows = [line for line in text.split("\n") if line.startswith("| ") and "---" not in line]
    plain = as_markdown(answered(made(files=(("a", 20),), roles={"a": spread({2: 3})})))
    usual = [line for line in plain.split("\n") if line.startswith("| ") and "---" not in line]
    bars = [len(re.findall(r"(?<!\\)\|", line)) for line in rows]
    assert bars == [len(re.findall(r"(?<!\\)\|", line)) for line in usual]
