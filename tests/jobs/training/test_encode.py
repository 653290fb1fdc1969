# SPDX-License-Identifier: Apache-2.0
"""Tokens and what of them is learned, with a tokenizer of one token a character."""

from __future__ import annotations

import pytest

from evalkit.jobs.training.encode import Encoder, encoded, with_heads
from evalkit.jobs.training.faults import TrainingError
from evalkit.jobs.training.packing import MOST_LEARNED, MOST_TOKENS, batches, packs
from evalkit.jobs.training.rows import Talk, Turn

END = "$"


def render(messages, *, opened):
    """ChatML in small, with the default system message of SmolLM2's template."""
    text = "" if messages[0]["role"] == "system" else f"<s>default{END}\n"
    text += "".join(f"<{one['role'][0]}>{one['content']}{END}\n" for one in messages)
    return text + ("<a>" if opened else "")


ENCODER = Encoder(render=render, tokens=lambda text: [ord(c) for c in text], end=END)


def talk(*turns, number=1):
    roles = {"s": "system", "u": "user", "a": "assistant", "-": "assistant"}
    return Talk(tuple(Turn(roles[one[0]], one[1:], one[0] == "a") for one in turns), number)


def shown(row):
    """The row's text with what is learned in brackets."""
    return "".join(
        f"[{chr(token)}]" if at in row.learned else chr(token)
        for at, token in enumerate(row.tokens)
    )


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        (("sS", "uq", "aok"), "<s>S$\n<u>q$\n<a>[o][k][$]"),
        (("uq", "aok"), "<s>default$\n<u>q$\n<a>[o][k][$]"),
        (("sS", "uq", "aA", "ur", "aB"), "<s>S$\n<u>q$\n<a>[A][$]\n<u>r$\n<a>[B][$]"),
        (("sS", "uq", "-A", "ur", "aB"), "<s>S$\n<u>q$\n<a>A$\n<u>r$\n<a>[B][$]"),
        (("sS", "uq", "aA", "ur", "-B"), "<s>S$\n<u>q$\n<a>[A][$]"),  # nothing to learn after it
        (("sS", "uq", "aA", "ur"), "<s>S$\n<u>q$\n<a>[A][$]"),
        (("aok", "uq", "aA"), "<s>default$\n<a>[o][k][$]\n<u>q$\n<a>[A][$]"),
        (("sS", "uq", "a"), "<s>S$\n<u>q$\n<a>[$]"),
    ],
)
def test_what_is_learned(turns, expected):
    assert shown(encoded(talk(*turns), ENCODER, 100)) == expected


def test_a_long_row_loses_its_end():
    long = talk("sS", "uq", "a0123456789")
    whole = encoded(long, ENCODER, 100)
    assert shown(encoded(long, ENCODER, len(whole.tokens) - 3)).endswith(
        "<a>[0][1][2][3][4][5][6][7]"
    )
    assert encoded(long, ENCODER, 14) is None  # the answer begins there
    assert encoded(talk("sS", "uq"), ENCODER, 100) is None
    assert encoded(talk("sS", "uq", "-A"), ENCODER, 100) is None


def test_a_template_that_goes_back_is_refused():
    def odd(messages, *, opened):
        return f"{len(messages)}" + render(messages, opened=opened)

    with pytest.raises(TrainingError, match="does not take example 7 turn by turn"):
        encoded(talk("uq", "aA", number=7), Encoder(render=odd, tokens=ENCODER.tokens, end=END), 99)


def test_rows_of_one_system_message_share_their_beginning():
    talks = [talk("sS", "uone", "aA"), talk("sS", "uonly", "aB"), talk("sT", "ux", "aC"),
             talk("uq", "aD"), talk("ur", "aE")]  # fmt: skip
    rows = [encoded(one, ENCODER, 100) for one in talks]
    made = with_heads(rows)
    assert [row.group for row in made] == [0, 0, 1, 2, 2]
    texts = ["".join(map(chr, row.head)) for row in made]
    assert texts == ["<s>S$\n<u>on"] * 2 + ["<s>T$\n<u>x$\n<a"] + ["<s>default$\n<u>"] * 2
    for row, short in zip(rows, made, strict=True):
        assert short.head + short.own == row.tokens
        assert [at + len(short.head) for at in short.learned] == list(row.learned)
        assert min(short.learned) >= 1  # what it follows is its own


def test_batches_are_all_rows_once_and_the_same_each_time():
    first = list(batches(10, 4, seed=7, epoch=0))
    assert [len(batch) for batch in first] == [4, 4, 2]
    assert sorted(at for batch in first for at in batch) == list(range(10))
    assert first == list(batches(10, 4, seed=7, epoch=0))
    assert first != list(batches(10, 4, seed=7, epoch=1))
    assert first != list(batches(10, 4, seed=8, epoch=0))


def test_packs_hold_so_much():
    short = [encoded(talk("sS", f"u{n}", "aA"), ENCODER, 100) for n in range(4)]
    long = encoded(talk("sS", "u" + "x" * MOST_TOKENS, "aA"), ENCODER, 10_000)
    much = [
        encoded(talk(f"s{n}", "uq", "a" + "y" * (MOST_LEARNED // 2)), ENCODER, 10_000)
        for n in (1, 2)
    ]
    rows = with_heads([*short, long, *much])
    assert list(packs(rows, [3, 0, 2, 1])) == [[3, 0, 2, 1]]
    assert list(packs(rows, [0, 4, 1])) == [[0], [4], [1]]
    assert list(packs(rows, [6, 0, 5])) == [[0, 5], [6]]
    assert list(packs(rows, [])) == []
