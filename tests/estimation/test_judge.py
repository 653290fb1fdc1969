# SPDX-License-Identifier: Apache-2.0
import pytest

from evalkit.core.errors import UsageError
from evalkit.estimation.judge import judge_named


def test_one_of_the_registry():
    judge = judge_named("gpt-4.1")
    assert (judge.name, judge.target, judge.answers.output) == (
        "gpt-4.1-2025-04-14", "openai", "8.00",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["anthropic/claude-sonnet-4-5", "openai/gpt-4o-audio-preview"])
def test_one_that_nobody_tunes(name):
    pytest.importorskip("genai_prices", reason="the prices of others come from genai-prices")
    judge = judge_named(name)
    assert f"{judge.target}/{judge.name}" == name
    assert "genai-prices" in judge.answers.source


def test_without_its_provider_it_is_openais():
    pytest.importorskip("genai_prices", reason="the prices of others come from genai-prices")
    assert judge_named("gpt-5").target == "openai"


def test_one_of_ones_own_has_no_price():
    judge = judge_named("vllm/my-judge")
    assert (judge.name, judge.target, judge.answers) == ("my-judge", "vllm", None)


def test_a_typo():
    with pytest.raises(UsageError, match=r"gpt-4\.1-mni"):
        judge_named("gpt-4.1-mni")
