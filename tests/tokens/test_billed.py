# SPDX-License-Identifier: Apache-2.0
"""The quick sum of billed tokens equals that of the layouts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.tokens.chat import billed, layouts

text = st.sampled_from(["", "Hi", "谢谢你", "a  b", "<|endoftext|>", "\ud83d", "x" * 50])
message = st.fixed_dictionaries(
    {
        "role": st.sampled_from(
            ["system", "user", "assistant", "tool", "function", "developer", "人"]
        )
    },
    optional={
        "content": st.one_of(text, st.none(), st.just([{"type": "text", "text": "part"}])),
        "name": text,
        "refusal": text,
        "weight": st.integers(0, 1),
        "tool_calls": st.lists(
            st.fixed_dictionaries(
                {"function": st.just({"name": "look_up", "arguments": '{"x": 1}'})},
                optional={"id": st.sampled_from(["a", "b", None])},
            ),
            max_size=3,
        ),
        "tool_call_id": st.sampled_from(["a", "b", None]),
        "function_call": st.just({"name": "f", "arguments": "{}"}),
    },
)
tools = st.sampled_from(
    [(), ({"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},)]
)
rows = st.lists(st.tuples(st.lists(message, max_size=4), tools), max_size=5)


@settings(deadline=None)
@given(rows, st.sampled_from(["cl100k_base", "o200k_base"]))
def test_billed_is_the_sum_of_the_layout(rows, encoding):
    expected = [layout.tokens.billed for layout in layouts(rows, encoding=encoding)]
    assert billed(rows, encoding=encoding) == expected


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), text), max_size=4),
        max_size=4,
    )
)
def test_plain_rows_may_be_given_as_texts(rows):
    from evalkit.tokens.chat import Batch
    from evalkit.tokens.encodings import count

    batch = Batch([[word for pair in row for word in pair] for row in rows])
    chats = [([{"role": r, "content": t} for r, t in row], ()) for row in rows]
    assert batch.billed(count(batch.texts, "o200k_base")) == billed(chats, encoding="o200k_base")
