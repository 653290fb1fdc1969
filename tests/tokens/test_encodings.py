# SPDX-License-Identifier: Apache-2.0
"""Counts are tiktoken's on every string; the oracle is tiktoken itself, with its own patterns."""

import json
import random
import re
import socket
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.tokens import _tiktoken, _toktok, encodings
from evalkit.tokens.encodings import count
from evalkit.tokens.ranks import read

NAMES = ("r50k_base", "p50k_base", "cl100k_base", "o200k_base")
FAST = ("cl100k_base", "o200k_base")
_POOL = (
    *"aZ sßſ'’.!/-_09 \t\n\r\x00\x1c\x85\xa0\u200b\u200d\u2028\u3000\ufeff\ufffd",
    *"的法律，。！？「」龘㐀𠀀𲎰𲎱𳑿",
    *"ñéïЖящΩαאبتनमสวัसि한글かなカ\u0301\u0e31\u06dd",
    *"½²³٣Ⅷ①㊿🇨🇳👩‍👩‍👧😀\U0001f9cb\ud800\udc00\udfff\ue000\U00100000",
    *("'s", "'S", "'ſ", "'ll", "'LL", "'Ve", "don't", " the", "  ", "\r\n", "\n\n\n", "I'ſt"),
    *("<|endoftext|>", "<|im_start|>", "<|fim_prefix|>", "<|endofprompt|>", "</s>", "http://"),
)


@pytest.fixture(scope="module")
def oracle():
    """Tiktoken's own constructors, with our ranks in place of its download."""
    import tiktoken
    from tiktoken_ext import openai_public

    def ranks(url, expected_hash):
        name = url.rpartition("/")[2].removesuffix(".tiktoken")
        if name != "r50k_base":
            return read(name)
        return {token: rank for token, rank in read("p50k_base").items() if rank < 50_256}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openai_public, "load_tiktoken_bpe", ranks)
        built = {name: tiktoken.Encoding(**getattr(openai_public, name)()) for name in NAMES}
    return lambda texts, name: [
        len(built[name].encode(text, disallowed_special=())) for text in texts
    ]


def hostile(seed, number):
    chance = random.Random(seed)  # noqa: S311
    for _ in range(number):
        kind = chance.random()
        if kind < 0.7:
            yield "".join(chance.choices(_POOL, k=chance.randrange(1, 40)))
        elif kind < 0.85:
            yield "".join(chr(chance.randrange(0x110000)) for _ in range(chance.randrange(1, 20)))
        else:
            first = chance.choice((0x20, 0x400, 0x4E00, 0xAC00, 0x600, 0x900, 0x323B0, 0x1F300))
            yield "".join(chr(first + chance.randrange(96)) for _ in range(chance.randrange(1, 60)))


@pytest.mark.parametrize("name", NAMES)
def test_hostile_strings(oracle, name):
    texts = list(hostile(name, 6_000))
    assert count(texts, name) == oracle(texts, name)


@pytest.mark.parametrize("name", FAST)
@pytest.mark.slow
def test_many_hostile_strings(oracle, name):
    texts = list(hostile(f"many {name}", 100_000))
    for script in ("[a-z]", "[\u4e00-\u9fff]", "[\u0400-\u04ff]", "[\uac00-\ud7a3]"):
        assert sum(re.search(script, text) is not None for text in texts) > 5_000
    new = sum(re.search("[\U000323b0-\U00033479]", text) is not None for text in texts)
    assert new > 5_000  # CJK extension J: letters since Unicode 17
    assert sum("'ſ" in text for text in texts) > 1_000
    assert count(texts, name) == oracle(texts, name)


@pytest.mark.parametrize("name", FAST)
def test_escapes_are_what_they_stand_for(oracle, name):
    raw = ["𲎰", "𳑹 new", "I'ſt", "\ud800"]
    escaped = [json.loads(json.dumps(text)) for text in raw]
    assert "\\ud888\\udfb0" in json.dumps(raw[0])
    assert escaped == raw
    assert count(escaped, name) == oracle(raw, name)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.text(st.characters(), max_size=30) | st.sampled_from(_POOL), max_size=20))
def test_any_strings(oracle, texts):
    for name in FAST:
        assert count(texts, name) == oracle(texts, name)


@pytest.mark.parametrize("name", NAMES)
def test_our_patterns_cut_as_the_installed_tiktoken(oracle, name):
    texts = list(hostile("patterns", 1_000))
    assert _tiktoken.count(texts, name) == oracle(texts, name)


def test_known_counts():
    # sentences of the cookbook's How_to_count_tokens_with_tiktoken
    assert count(
        ["antidisestablishmentarianism", "2 + 2 = 4", "お誕生日おめでとう"], "cl100k_base"
    ) == [6, 7, 9]
    assert count(
        ["antidisestablishmentarianism", "2 + 2 = 4", "お誕生日おめでとう"], "o200k_base"
    ) == [6, 7, 8]
    assert count(
        ["antidisestablishmentarianism", "2 + 2 = 4", "お誕生日おめでとう"], "p50k_base"
    ) == [5, 5, 14]
    assert count([], "o200k_base") == []
    assert count(["<|endoftext|>"], "cl100k_base") == [7]


def _blanks(size):
    run = " " * size
    return (
        run,
        run + "x",
        "a" + run,
        "a" + run + "x",
        "a." + "\n" + run + "!",
        run + "\n",
        run + "\nx",
        "\t" * size + "x",
        "\u3000" * size + "法",
        "\r\n" * (size // 2) + "x",
        "." + "\n" * size + "x",
        " \n" * (size // 2) + run + "x" + run + "\t y" + run,
    )


@pytest.mark.parametrize("name", NAMES)
def test_long_blanks_are_cut_where_nothing_changes(oracle, name, monkeypatch):
    # The same cut at lengths where the plain count still works.
    monkeypatch.setattr(_tiktoken, "_LONG", 40)
    pattern = f"[{_tiktoken._SPACE}]{{40,}}"
    monkeypatch.setattr(_tiktoken, "_LONG_RUN", re.compile(pattern))
    texts = [text for size in (39, 40, 41, 100, 333) for text in _blanks(size)]
    chance = random.Random(7)  # noqa: S311
    pieces = (" " * 50, "\n" * 45, "\t\t ", "\r\n", "a", ".", "法", "/", "\u0301", "\xa0" * 60, "1")
    texts += ["".join(chance.choices(pieces, k=chance.randrange(1, 9))) for _ in range(2_000)]
    assert _tiktoken.count(texts, name) == oracle(texts, name)


@pytest.mark.parametrize("name", ["p50k_base", "o200k_base"])
@pytest.mark.slow
def test_a_million_blanks(name):
    # tiktoken alone fails: "Max stack size exceeded" (openai/tiktoken issue 15)
    texts = [" " * 1_100_000 + "x", "𲎰" + " " * 1_100_000 + "x", "𲎰"]
    blanks, both, letter = count(texts, name)  # the letter is one for tiktoken
    assert blanks + letter == both
    alone, both = count([" " * 1_100_000, "𲎰" + " " * 1_100_000], name)  # the end of the text
    assert alone + letter == both


@pytest.mark.slow
@pytest.mark.parametrize("name", FAST)
def test_engines_agree_on_a_million_blanks(name):
    texts = list(_blanks(1_100_000))
    assert count(texts, name) == _tiktoken.count(texts, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAST)
def test_engines_agree_on_four_million_blanks(name):
    run = " " * 4_000_000
    texts = [run, run + "x", "a\n" + run + "\t\nb"]
    assert count(texts, name) == _tiktoken.count(texts, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["r50k_base", "p50k_base"])
def test_millions_of_blanks_cost_what_fewer_do(name):
    # A run's tokens grow in step with it from some length on: two lengths tell a third.
    few, more, most = (count(list(_blanks(size))[:3], name) for size in (10_000, 20_000, 4_000_000))
    for a, b, c in zip(few, more, most, strict=True):
        assert c == pytest.approx(a + (b - a) * 399, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_endless_pieces(name):
    pieces = ("A", "a", "法", "ǅ", "!", "1", "\u0301", "'s", "<|endoftext|>", "👩\u200d", "\0", "=")
    texts = [piece * (1_000_000 // len(piece)) for piece in pieces]
    counts = count(texts, name)  # no panic, no stall
    assert counts == _tiktoken.count(texts, name)
    assert all(0 < n <= 4_000_000 for n in counts)


def test_engines_agree_on_the_golden_texts():
    texts = [row[0] for row in _toktok._GOLDEN]
    for column, name in enumerate(FAST, 1):
        assert _tiktoken.count(texts, name) == [row[column] for row in _toktok._GOLDEN]


def test_an_engine_that_counts_wrong_is_left_alone(monkeypatch):
    import types

    broken = types.SimpleNamespace(batch_count=lambda texts, *_: [len(t) for t in texts])
    monkeypatch.setitem(sys.modules, "toktok", broken)
    _toktok.usable.cache_clear()
    try:
        with pytest.warns(UserWarning, match="counting with tiktoken"):
            assert count(["hello world"], "cl100k_base") == [2]
        assert count(["hello world"], "cl100k_base") == [2]  # said once
    finally:
        _toktok.usable.cache_clear()


def test_an_engine_that_raises_is_left_alone(monkeypatch):
    import types

    def fail(*_):
        raise RuntimeError("no")

    monkeypatch.setitem(sys.modules, "toktok", types.SimpleNamespace(batch_count=fail))
    _toktok.usable.cache_clear()
    try:
        with pytest.warns(UserWarning, match="RuntimeError"):
            assert count(["hello world"], "o200k_base") == [2]
    finally:
        _toktok.usable.cache_clear()


def test_without_the_fast_engine(monkeypatch):
    monkeypatch.setitem(sys.modules, "toktok", None)
    _toktok.usable.cache_clear()
    try:
        assert not _toktok.usable("cl100k_base")
        assert count(["hello world", "𲎰", "hello world"], "cl100k_base") == [2, 4, 2]
    finally:
        _toktok.usable.cache_clear()


def test_no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a connection was tried")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    _tiktoken.encoding_named.cache_clear()
    _toktok.usable.cache_clear()
    assert [count(["hello"], name) for name in encodings.ENCODINGS] == [[1]] * 7
    assert [count(["𲎰"], name) for name in FAST] == [[4], [4]]  # by the reference engine


def test_unknown_encoding():
    with pytest.raises(UsageError, match="did you mean `cl100k_base`"):
        count([], "cl100k")
