# SPDX-License-Identifier: Apache-2.0
from datetime import date

import pytest

from evalkit.estimation.closing import closing
from evalkit.estimation.project import estimate
from evalkit.estimation.text import as_text
from evalkit.targets.load import model_named

TODAY = date(2026, 11, 21)


def lines(row, chat, name, language="en", **options):
    card = model_named(name)
    got = estimate([row(chat("Four. " * 40), line=n) for n in range(1, 21)], model=card, **options)
    text = as_text(
        got, end=closing(card, TODAY), others=["together"], today=TODAY, language=language
    )
    return text.split("\n")


def test_english(row, chat):
    first, other, blank, *table = lines(row, chat, "gpt-4.1-mini", batch_size=8)
    assert first.startswith("gpt-4.1-mini-2025-04-14 closes: no new training jobs from 2027-01-06")
    assert "together" in other
    assert blank == ""
    text = "\n".join(table)
    assert "5 (auto: 3 x 20 is under 100 examples, so 100 // 20 = 5)" in text
    assert "15 at batch size 8" in text
    assert "as of 2025-11-01, 385 days old; OpenAI pricing page" in text
    assert "training limit not known, context 1,047,576" in text
    starts = {len(line) - len(line.split("  ", 1)[1].lstrip()) for line in table}
    assert len(starts) == 1  # one column of values


def test_chinese(row, chat):
    text = "\n".join(lines(row, chat, "gpt-4.1-mini", "zh"))
    assert "即将关闭" in text
    assert "自动：3 x 20 不足 100 条" in text
    assert "未知：请用 --batch-size 指定批大小" in text


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["azure/gpt-4.1", "o4-mini", "gpt-3.5-turbo-0613", "davinci"])
def test_nothing_unknown_is_printed_as_none(row, chat, name, language):
    text = "\n".join(lines(row, chat, name, language))
    assert "None" not in text
    assert "20" in text


def test_a_rule_that_is_borrowed_is_said_to_be(row, chat):
    assert "OpenAI's rule, none of azure is known" in "\n".join(lines(row, chat, "azure/gpt-4.1"))
    assert "OpenAI's rule" not in "\n".join(lines(row, chat, "azure/gpt-4.1", epochs=2))
