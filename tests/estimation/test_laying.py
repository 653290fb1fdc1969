# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data.recognise import layout
from evalkit.estimation.laying import laid_out
from evalkit.estimation.sequences import Wanted, sequences
from evalkit.tokens.chat import layouts
from evalkit.tokens.tokenizer import FAMILIES, tokenizer

roles = st.sampled_from(["system", "developer", "user", "assistant", "tool", "narrator", ""])
messages = st.lists(
    st.fixed_dictionaries({"role": roles, "content": st.text(max_size=8)}), min_size=1, max_size=5
)


@pytest.mark.parametrize("name", ["o200k_base", "gpt-3.5-turbo-0301", *sorted(FAMILIES)])
@settings(max_examples=25)
@given(talks=st.lists(messages, min_size=1, max_size=4))
def test_conversations_of_roles_and_texts_lie_as_all_do(name, talks):
    """They take a shorter way; it must lead to the same place, whatever the frame."""
    counter = tokenizer(name)
    chat = layout("openai-chat")
    where = Location(source="a", line=1, number=1)
    rows = [Example(where, b"", {"messages": talk}, chat) for talk in talks]
    read = [sequences(row, Wanted()) for row in rows]
    assert all(one.texts is not None for one in read)
    wanted = layouts([(talk, ()) for talk in talks], encoding=counter)
    assert laid_out(read, counter) == [[one] for one in wanted]


def test_what_is_more_than_that_takes_the_longer_way(row, chat):
    for value in (
        {**chat(), "tools": []},
        {**chat(), "functions": []},
        chat(weight=0),
        chat(name="bot"),
        chat(None),
        {"messages": [*chat()["messages"], "x"]},
    ):
        assert sequences(row(value), Wanted()).texts is None
    assert sequences(row(chat()), Wanted(method="preference")).texts is None
    assert sequences(row({**chat(), "lang": "en"}), Wanted()).texts == ["2 + 2?", "Four."]
