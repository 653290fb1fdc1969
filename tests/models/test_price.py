# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.exchange import Reply, Request, Usage
from evalkit.models.price import Rate, cost_of, most, rate_of, tokens_reserved
from evalkit.models.spec import parse_spec

RATE = Rate(
    input=Decimal(2),
    output=Decimal(8),
    currency="USD",
    as_of="2026-11-20",
    source="test",
    batch_input=Decimal(1),
    batch_output=Decimal(4),
    cached_input=Decimal("0.5"),
)


def spec(**written):
    return parse_spec({"use": "openai/gpt-4.1-mini", **written}, where="test")


def said(*texts: object, **rest) -> Request:
    return Request(messages=[{"role": "user", "content": text} for text in texts], **rest)


def test_the_suites_price_comes_first():
    price = {"input": 0.1, "output": "0.20", "currency": "CNY", "as_of": "2026-11-01"}
    rate = rate_of(spec(price=price))
    assert (rate.input, rate.output, rate.currency) == (Decimal("0.1"), Decimal("0.20"), "CNY")
    assert (rate.source, rate.batch_input, rate.cached_input) == ("the suite", None, None)


def test_the_registrys_price_has_batch_and_cache():
    rate = rate_of(spec())
    assert rate.batch_input * 2 == rate.input
    assert rate.cached_input < rate.input
    assert rate.as_of
    assert rate.source


@pytest.mark.parametrize("use", ["local:smollm2", "baseline:majority", "replay:x.jsonl"])
def test_what_is_on_this_machine_has_no_price(use):
    assert rate_of(parse_spec(use, where="test")) is None


def test_costs_are_exact():
    replies = [
        Reply(text="a", usage=Usage(1_000, 10)),
        Reply(text="b", usage=Usage(3, 1, cached_tokens=2)),
        Reply(text="", finish="error"),
    ]
    assert cost_of(replies, RATE) == Decimal("0.002091")  # 1001 x 2 + 2 x 0.5 + 11 x 8
    assert cost_of(replies, RATE, batch=True) == Decimal("0.001047")
    assert cost_of(replies, None) is None
    assert cost_of([*replies, Reply(text="uncounted")], RATE) is None
    bare = Rate(input=Decimal(1), output=Decimal(1), currency="USD", as_of="", source="")
    assert cost_of(replies, bare, batch=True) is None


def test_more_cached_than_sent_is_not_more_than_sent():
    assert cost_of([Reply(text="", usage=Usage(10, 0, cached_tokens=99))], RATE) == Decimal(
        "0.000005"
    )


@given(st.lists(st.text(), min_size=1, max_size=4), st.integers(1, 99))
def test_no_answer_costs_more_than_the_most(texts, longest):
    """A token has a byte at least, and a message no more than 16 tokens around its text."""
    request = said(*texts, max_tokens=longest)
    prompt = sum(len(text.encode("utf-8", "surrogatepass")) + 16 for text in texts)
    reply = Reply(text="x", usage=Usage(prompt, longest))
    assert cost_of([reply], RATE) <= most(request, RATE)


def test_the_most_counts_everything_that_is_sent():
    plain = most(said("好" * 10, max_tokens=10), RATE)
    assert plain == (Decimal(46) * 2 + 10 * 8) / 1_000_000
    assert most(said("好" * 10, max_tokens=10, tools=[{"type": "function"}]), RATE) > plain
    assert (
        most(said("好" * 10, max_tokens=10, extra={"n": 3}), RATE)
        == plain + Decimal(160) / 1_000_000
    )
    assert most(said("好" * 10, max_tokens=10, extra={"max_completion_tokens": 20}), RATE) == (
        plain + Decimal(80) / 1_000_000
    )
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10**6}}
    with_picture = most(said([{"type": "text", "text": "好"}, picture], max_tokens=10), RATE)
    assert plain < with_picture < Decimal("0.01")
    calls = Request(
        messages=[{"role": "assistant", "tool_calls": [{"id": "1" * 99}]}], max_tokens=10
    )
    assert most(calls, RATE) > plain


def test_reserved_tokens():
    assert tokens_reserved(said("a" * 384, max_tokens=50)) == (384 + 16) // 4 + 50
    assert tokens_reserved(said("a", max_tokens=50), size=400) == 150
