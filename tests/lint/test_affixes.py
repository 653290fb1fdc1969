# SPDX-License-Identifier: Apache-2.0
"""What all texts begin and end with, against a plain computation over all of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.location import Location
from evalkit.lint.affixes import Completions, Prompts


def filled(rows: list[tuple[int, str]]) -> Completions:
    texts = Completions()
    for line, text in rows:
        texts.add(text, Location(source="x", line=line))
    return texts


def common(found: list[str]) -> str:
    lengths = [n for n in range(len(found[0]) + 1) if all(t[:n] == found[0][:n] for t in found)]
    return found[0][: max(lengths)]


pieces = st.lists(st.sampled_from(["a", "B", "->", " ->", "\n", "。", "x->y", " "]), max_size=6)
texts = st.lists(pieces.map("".join), min_size=1, max_size=12)


@given(texts, st.sampled_from(["", "->", " END", "。"]), st.integers(1, 4), st.randoms())
def test_any_sharding_gives_what_all_texts_give(found, end, shards, rng):
    found = [text + end for text in found]
    rows = list(enumerate(found, 1))
    parts = [filled(rows[start::shards]) for start in range(shards)]
    rng.shuffle(parts)
    merged = Completions.merged(parts)
    assert merged.to_bytes() == filled(rows).to_bytes()
    prefix = common(found)
    suffix = common([text[::-1] for text in found])[::-1]
    assert (merged.prefix, merged.suffix) == (prefix, suffix)
    again = [line for line, text in rows if suffix and suffix in text[: -len(suffix)]]
    assert merged.inside.total == len(again)
    assert [place.line for place in merged.inside.items()] == again
    assert merged.all_same == (len(set(found)) == 1)
    assert merged.upper == sum(map(str.isupper, "".join(found)))
    assert merged.lower == sum(map(str.islower, "".join(found)))
    assert not any(merged.proposal in text for text in found)


def test_blanks_are_for_languages_that_have_them():
    found = filled([(1, " a"), (2, "b"), (3, "好"), (4, "1368年，建立"), (5, "")])
    assert [place.line for place in found.unspaced.items()] == [2, 5]
    moved = found.shifted(10, 0)
    assert [place.line for place in moved.unspaced.items()] == [12, 15]


def test_a_separator_that_stands_in_no_prompt_is_proposed():
    def proposal(*found: str) -> str:
        prompts = Prompts()
        for line, text in enumerate(found, 1):
            prompts.add(text, Location(source="x", line=line))
        return prompts.proposal

    assert proposal("a", "b") == " ->"
    assert proposal("a -> b") == "\n\n###\n\n"
    assert proposal("a\nb") == "\n\n###\n\n"
    assert proposal("a\n\n###\n\nb") == "\n\n===\n\n"
