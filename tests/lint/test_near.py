# SPDX-License-Identifier: Apache-2.0
"""Near duplicates: what is found, and that it does not depend on shards, order and disk."""

from __future__ import annotations

import hashlib
import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.location import Location
from evalkit.core.spill import spilling
from evalkit.data.recognise import layout
from evalkit.data.similarity import NEAR, earliest_alike, said_text, sketches
from evalkit.lint import near
from evalkit.lint.near import Sketches

SYLLABLES = ["ka", "mo", "ri", "ten", "sul", "va", "pex", "dro", "lim", "ou", "fen", "gra", "is"]
CHARACTERS = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311


def in_another_process(parts: list[Sketches]) -> list[Sketches]:
    return pickle.loads(pickle.dumps(parts))  # noqa: S301


def prose(rng: random.Random, size: int) -> str:
    """Text of about so many bytes, in letters or in Chinese."""
    if rng.random() < 0.4:
        return "".join(rng.choice(CHARACTERS) for _ in range(size // 3))
    words: list[str] = []
    while sum(map(len, words)) + len(words) < size:
        words.append("".join(rng.choice(SYLLABLES) for _ in range(rng.randint(1, 4))))
    return " ".join(words)


def edited(rng: random.Random, text: str, times: int) -> str:
    """The text with characters replaced, put in or taken out."""
    for _ in range(times):
        at = rng.randrange(len(text))
        letter = rng.choice("abcxyz的一是")
        text = rng.choice(
            [
                text[:at] + letter + text[at + 1 :],
                text[:at] + letter + text[at:],
                text[:at] + text[at + 1 :],
            ]
        )
    return text


def place(line: int, source: str = "x.jsonl") -> Location:
    return Location(source=source, line=line, end_line=line, number=line, start=line * 10, end=line * 10 + 9)  # fmt: skip


def filled(rows: list[tuple[int, bytes]], source: str = "x.jsonl") -> Sketches:
    state = Sketches()
    for line, text in rows:
        state.add(text, hashlib.blake2b(text).digest(), place(line, source))
    return state


def grams(text: bytes) -> set[bytes]:
    return {text[at : at + 8] for at in range(max(1, len(text) - 7))}


def lines(state: Sketches) -> list[tuple[int, int]]:
    return [(later.line or 0, first.line or 0) for later, first in state.repeated()]


def test_texts_that_differ_by_one_to_three_characters_are_found():
    rng = chance(20261121)
    texts = [prose(rng, rng.choice([160, 250, 400, 700])) for _ in range(2000)]
    copied = rng.sample(range(len(texts)), 300)
    rows = [*texts, *(edited(rng, texts[n], rng.randint(1, 3)) for n in copied)]
    state = Sketches()
    for line, text in enumerate(rows, 1):
        state.add(text.encode(), line.to_bytes(8, "big"), place(line))
    found = dict(lines(state))
    hits = sum(found.get(len(texts) + n + 1) == copied[n] + 1 for n in range(len(copied)))
    assert hits / len(copied) >= 0.95
    assert not set(found) - set(range(len(texts) + 1, len(rows) + 1))  # prose is not like prose


def test_what_is_found_is_alike():
    rng = chance(5)
    base = prose(rng, 300)
    texts = [edited(rng, base, rng.randint(0, 60)).encode() for _ in range(200)]
    rows = sketches(texts)
    for later, first in enumerate(earliest_alike(rows).tolist()):
        if first >= 0:
            one, other = grams(texts[later]), grams(texts[first])
            assert len(one & other) / len(one | other) > NEAR - 0.25  # 4 standard errors of 64 bins
            assert first < later


def test_a_sketch_estimates_the_share_of_common_grams():
    rng = chance(11)
    errors = []
    for _ in range(100):
        one = prose(rng, 500)
        other = edited(rng, one, rng.randint(1, 30))
        a, b = grams(one.encode()), grams(other.encode())
        x, y = sketches([one.encode(), other.encode()])
        filled_bins = ((x != 0) | (y != 0)).sum()
        errors.append(((x == y) & (x != 0)).sum() / filled_bins - len(a & b) / len(a | b))
    assert abs(sum(errors) / len(errors)) < 0.02  # without bias
    assert sum(e * e for e in errors) / len(errors) < 0.07**2


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=90), max_size=12))
def test_a_sketch_does_not_depend_on_its_neighbours(texts):
    together = sketches(texts)
    assert together.shape == (len(texts), near.BINS)
    for text, row in zip(texts, together, strict=True):
        assert (sketches([text])[0] == row).all()
        assert row.any()


TEMPLATE = (
    "Your order {} has left our house and will be with you in {} days, thank you for waiting."
)
some = st.sampled_from(
    [TEMPLATE.format(a, b).encode() for a in ("17", "18", "a bike") for b in ("two", "three", "2")]
    + ["你好，请问我的自行车到哪里了？".encode(), b"short", b""]
)


@settings(deadline=None, max_examples=40)
@given(st.lists(some, max_size=25), st.integers(1, 6), st.randoms(), st.booleans())
def test_the_result_does_not_depend_on_parts_and_their_order(texts, shards, rng, packed):
    rows = list(enumerate(texts, 1))
    whole = filled(rows)
    parts = [filled(rows[start::shards]) for start in range(shards)]
    if packed:
        parts = in_another_process(parts)
    rng.shuffle(parts)
    merged = Sketches.merged(parts)
    assert merged.to_bytes() == whole.to_bytes()
    assert lines(merged) == lines(whole)


def test_what_memory_has_no_room_for_goes_to_disk(monkeypatch, tmp_path):
    rng = chance(3)
    texts = [prose(rng, 120) for _ in range(300)]
    rows = [(line, text.encode()) for line, text in enumerate([*texts, *texts[:40:3]], 1)]
    rows = [(line, text + b"!" if line > 300 else text) for line, text in rows]
    expected = lines(filled(rows))
    assert len(expected) == 14
    monkeypatch.setattr(near, "_ROOM", 4096)
    monkeypatch.setattr(near, "_BATCH", 1000)
    monkeypatch.setattr(near, "_IN_MEMORY", 0)
    with spilling(str(tmp_path)):
        parts = [filled(rows[:150]), filled(rows[150:])]
        assert list(tmp_path.rglob("*.spill"))
        again = Sketches.merged(in_another_process(parts)[::-1])
        assert lines(again) == expected
        assert again.to_bytes() == filled(rows).to_bytes()
    assert not list(tmp_path.rglob("*.spill"))


def test_a_part_that_was_read_by_itself_is_moved_to_its_place():
    rows = [(line, TEMPLATE.format(line, "two").encode()) for line in range(1, 8)]
    part = filled([(line - 3, text) for line, text in rows[3:]])
    moved = Sketches.merged([filled(rows[:3]), part.shifted(3, 3)])
    assert lines(moved) == lines(filled(rows))
    later, _ = list(moved.repeated())[-1]
    assert (later.line, later.end_line, later.number) == (7, 7, 7)
    assert later.start == 4 * 10  # bytes were counted from the beginning of the file all along


def test_rows_of_one_digest_are_anothers_matter():
    state = Sketches()
    text = TEMPLATE.format(17, "two").encode()
    for line in (1, 2):
        state.add(text, b"same row", place(line))
    state.add(text, b"another!", place(3))
    assert lines(state) == [(3, 1)]


def test_across_files_only_what_is_held_out_counts():
    one, other = (2 * TEMPLATE.format(17, word).encode() for word in ("two", "ten"))
    train = filled([(1, one), (2, other), (3, b"something else that is long enough")], "train")
    held = filled([(5, one + b" Bye.")], "held")
    found = list(Sketches.merged([train, held]).across({"held"}))
    assert [(a.source, a.line, b.source, b.line) for a, b in found] == [
        ("train", 1, "held", 5),
        ("train", 2, "held", 5),
    ]
    same = filled([(9, one)], "held")
    assert [a.line for a, _ in Sketches.merged([train, same]).across({"held"})] == [2]


@pytest.mark.parametrize("empty", [Sketches(), Sketches.merged([])])
def test_nothing_is_like_nothing(empty):
    assert list(empty.repeated()) == []
    assert list(empty.across({"x"})) == []
    assert len(empty) == 0


def test_system_prompts_are_not_what_is_said_but_calls_are():
    chat = layout("openai-chat")

    def said(*messages: dict) -> bytes:
        return said_text(chat.messages({"messages": list(messages)}))

    user = {"role": "user", "content": "Hello  THERE ﾊﾛｰ"}
    assert (
        said({"role": "system", "content": "x"}, user)
        == said(user)
        == "hello there ハロー".encode()
    )
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert b'"name":"f"' in said(user, {"role": "assistant", "tool_calls": [call]})
