# SPDX-License-Identifier: Apache-2.0
import base64
import json
import struct
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.errors import InputError, UsageError
from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data.recognise import layout
from evalkit.estimation import counting
from evalkit.estimation.facts import Job
from evalkit.estimation.project import estimate, estimates
from evalkit.targets.card import ImageRule
from evalkit.targets.load import model_named, target_named

OPENAI = target_named("openai").training
DAY = date(2026, 11, 20)
TILES = ImageRule(kind="tiles", base=85, tile=170, as_of=DAY, source="docs")


def job(model="gpt-4o-mini", **more):
    rules = more.pop("training", OPENAI)
    known = model_named(model)
    return Job(model=replace(known, **more.pop("card", {})), training=rules, **more)


def picture(width, height):
    """The head of a PNG as a data URL: enough to tell its size."""
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(
        ">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0
    )
    url = "data:image/png;base64," + base64.b64encode(head + b"\0" * 16).decode()
    return {"type": "image_url", "image_url": {"url": url}}


def shown(*parts, answer="A cat."):
    text = {"type": "text", "text": "What is it?"}
    return {
        "messages": [
            {"role": "user", "content": [text, *parts]},
            {"role": "assistant", "content": answer},
        ]
    }


# What a row may hold, well or badly made; of all layouts that are read in a way of their own.

texts = st.text(max_size=12) | st.sampled_from(["价格是多少？", "Four.", "<|endoftext|>", ""])
roles = st.sampled_from(["system", "developer", "user", "assistant", "tool", "narrator"])
calls = st.lists(
    st.fixed_dictionaries(
        {"function": st.fixed_dictionaries({"name": texts, "arguments": texts | st.just({"a": 1})})}
    ),
    max_size=2,
)
parts = st.lists(
    st.fixed_dictionaries({"type": st.just("text"), "text": texts})
    | st.just(picture(600, 300))
    | st.just({"type": "image_url", "image_url": {"url": "https://example.org/a.png"}})
    | st.just({"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}),
    max_size=3,
)
messages = st.lists(
    st.fixed_dictionaries(
        {"role": roles, "content": texts | parts},
        optional={"name": texts, "weight": st.integers(0, 1), "tool_calls": calls},
    ),
    max_size=4,
)
tools = st.lists(st.just({"type": "function", "function": {"name": "f"}}), max_size=1)
answers = st.fixed_dictionaries({"role": st.just("assistant"), "content": texts})
rows = st.one_of(
    st.tuples(
        st.just("openai-chat"),
        st.fixed_dictionaries({"messages": messages}, optional={"tools": tools}),
    ),
    st.tuples(
        st.just("chat-preference"),
        st.fixed_dictionaries({"messages": messages, "chosen": answers, "rejected": answers}),
    ),
    st.tuples(
        st.just("prompt-completion"), st.fixed_dictionaries({"prompt": texts, "completion": texts})
    ),
    st.tuples(st.just("trl-text"), st.fixed_dictionaries({"text": texts})),
    st.tuples(
        st.just("openai-reinforcement"),
        st.fixed_dictionaries({"messages": messages, "answer": texts}),
    ),
)
MODELS = ("gpt-4o-mini", "gpt-3.5-turbo-0613", "davinci-002", "ada")
jobs = st.builds(
    lambda model, limit, cut, packing, method: job(
        model,
        card={"training_limit": limit, "images": TILES},
        training=replace(OPENAI, cut=cut, packing=packing),
        method=method,
        batch_size=2,
    ),
    st.sampled_from(MODELS),
    st.none() | st.integers(5, 60),
    st.sampled_from(["end", "drop", "refuse", None]),
    st.sampled_from([None, "packed", "padded"]),
    st.sampled_from([None, "sft", "preference", "rft", "completion"]),
)


def read(drawn):
    """Examples of one file: several files of different methods are refused."""
    return [
        Example(
            Location(source="a.jsonl", line=n + 1, number=n + 1),
            json.dumps(value).encode(),
            value,
            layout(name),
        )
        for n, (name, value) in enumerate(drawn)
    ]


@settings(max_examples=60)
@given(st.lists(rows, max_size=8), st.lists(jobs, min_size=1, max_size=3), st.integers(1, 400))
def test_batches_and_other_jobs_do_not_matter(drawn, asked, size):
    examples = read(drawn)
    whole = [estimate(examples, one) for one in asked]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "_BATCH_BYTES", size)
        assert estimates(examples, asked) == whole


@settings(max_examples=60)
@given(st.lists(rows, max_size=8), jobs)
def test_shares_add_up_to_the_uncut_whole(drawn, asked):
    got = estimate(read(drawn), asked)
    shares = [getattr(got.shares, name) for name in type(got.shares).__slots__]
    free = replace(asked.training, packing=None)
    uncut = estimate(
        read(drawn), replace(asked, model=replace(asked.model, training_limit=None), training=free)
    )
    assert sum(shares) == uncut.billed_per_epoch == (got.example.sum if got.example else 0)
    assert min(shares) >= 0
    assert got.billed_per_epoch - got.padding_per_epoch <= uncut.billed_per_epoch


@settings(max_examples=60)
@given(st.lists(rows, max_size=8), jobs)
def test_the_parts_fit_together(drawn, asked):
    got = estimate(read(drawn), asked)
    assert sum(number for _, number in got.files) == got.examples
    assert got.examples + got.left_out == len(drawn)
    assert (got.example is None) == (got.examples == 0)
    assert 0 <= got.loss_per_epoch <= got.billed_per_epoch
    assert got.padding_per_epoch <= got.billed_per_epoch
    assert len(got.cut_rows) == min(got.over_long, 20)
    assert got.unlearned <= got.over_long <= got.examples
    assert got.images_unknown <= got.images
    assert got.with_images <= got.examples
    if got.examples:
        assert got.turns.count == got.examples
        assert 0 <= got.system_tokens <= got.example.mean
        assert sum(got.methods.values()) == got.examples
        assert got.longest <= got.example.max <= 2 * got.longest


def test_each_text_is_counted_once_for_models_of_one_tokenizer(row, chat, monkeypatch):
    counted = []
    real = counting.tokenizer

    def watched(name):
        known = real(name)

        def counts(given, threads):
            counted.extend((name, text) for text in given)
            return known.count(given, threads=threads)

        return replace(known, counting=counts)

    monkeypatch.setattr(counting, "tokenizer", watched)
    asked = [job(m) for m in ("gpt-3.5-turbo-0613", "gpt-3.5-turbo-1106", "davinci-002")]
    asked += [job("gpt-3.5-turbo-0613", method="preference"), job("gpt-4o-mini")]
    several = [row(chat(f"{n}."), line=n) for n in range(5)]
    estimates(
        [*several, row({"prompt": "Who?", "completion": "I"}, format="prompt-completion")], asked
    )
    assert len(counted) == len(set(counted))
    assert ("cl100k_base", "3.") in counted
    assert ("o200k_base", "3.") in counted


def test_images_by_their_rule(row):
    value = shown(picture(1024, 1024))  # 768 x 768: 4 tiles
    got = estimate([row(value)], job(card={"images": TILES}))
    assert (got.images, got.images_unknown, got.with_images, got.with_media) == (1, 0, 1, 0)
    assert got.shares.images == 85 + 4 * 170
    none = estimate([row(value)], job(card={"images": None}))
    assert (none.images, none.images_unknown, none.shares.images) == (1, 1, 0)
    assert got.billed_per_epoch == none.billed_per_epoch + 765
    assert got.prompt_tokens == none.prompt_tokens + 765
    assert got.loss_per_epoch == none.loss_per_epoch
    patches = ImageRule(kind="patches", patches=1536, factor="1.62", as_of=DAY, source="docs")
    assert estimate([row(value)], job(card={"images": patches})).shares.images == 1659  # x 1,024


def test_images_whose_size_nobody_knows(row):
    lying = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    got = estimate([row(shown(lying, picture(10, 10)))], job(card={"images": TILES}))
    assert (got.images, got.images_unknown, got.with_images) == (2, 1, 1)
    assert got.shares.images == 85 + 170


def test_images_push_the_answer_over_the_limit(row):
    card = {"images": TILES, "training_limit": 300}
    got = estimate([row(shown(picture(1024, 1024)))], job(card=card))
    assert (got.over_long, got.unlearned, got.billed_per_epoch) == (1, 1, 300)
    assert got.lost > 0


def test_images_of_pairs_count_once_and_are_billed_twice(row):
    value = {
        "messages": shown(picture(10, 10))["messages"][:1],
        "chosen": {"role": "assistant", "content": "A cat."},
        "rejected": {"role": "assistant", "content": "A dog."},
    }
    got = estimate([row(value, format="chat-preference")], job(card={"images": TILES}))
    assert (got.images, got.with_images, got.shares.images) == (1, 1, 2 * 255)


def test_sounds_are_told(row):
    sound = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}
    got = estimate([row(shown(sound)), row(shown(), line=2)], job())
    assert (got.with_media, got.images) == (1, 0)


def test_images_in_columns(row):
    value = {"messages": [{"role": "user", "content": "<image>Who?"}], "images": ["a.jpg"]}
    got = estimate([row(value, format="chat-with-media")], job(card={"images": TILES}))
    assert (got.images, got.images_unknown, got.with_media) == (1, 1, 0)


def test_outliers_are_few_far_and_first_come_first(row, chat):
    usual = [row(chat("Four. " * (n % 5)), line=n) for n in range(1, 101)]
    assert estimate(usual, job()).outliers == ()
    far = [row(chat("Four. " * 300), line=n) for n in (300, 301)]
    got = estimate([*usual[:50], *far, *usual[50:]], job()).outliers
    assert [one.location.line for one in got] == [300, 301]
    assert got[0].times == got[0].tokens / estimate([*usual, *far], job()).example.median
    second_kind = [row(chat("Four. " * 300), line=n) for n in range(300, 330)]
    assert estimate([*usual, *second_kind], job()).outliers == ()  # 23 of 100 are no exception
    many = [row(chat("Four. " * (300 + n)), line=300 + n) for n in range(12)]
    got = estimate([*usual * 5, *many], job()).outliers
    assert [one.location.line for one in got] == list(range(311, 301, -1))


def test_roles_of_hostile_names(row):
    talk = [{"role": "\x1b[2J" + "a" * 100, "content": "hi"}]
    got = estimate([row({"messages": talk})], job())
    (name,) = got.roles
    assert "\x1b" not in name
    assert len(name) <= 60
    many = [row({"messages": [{"role": f"r{n}", "content": "hi"}]}) for n in range(200)]
    assert len(estimate(many, job()).roles) == 50


def test_means_for_requests(row, chat):
    from evalkit.tokens.chat import prompt_tokens

    first = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2?"}]
    four = {"role": "assistant", "content": "Four."}
    values = [
        {"messages": [*first, four]},
        {"messages": [*first, four, first[1], four]},
        chat("Five."),
    ]
    got = estimate([row(value) for value in values], job())
    asked = [(value["messages"][:-1], ()) for value in values]
    assert got.prompt_tokens == sum(prompt_tokens(asked, encoding="o200k_base")) / 3
    assert got.answer_tokens == 2
    assert got.system_tokens == pytest.approx(3 * 2 / 3)
    unanswered = estimate([row({"messages": first})], job())
    assert (unanswered.answer_tokens, unanswered.prompt_tokens) == (
        None, prompt_tokens([(first, ())], encoding="o200k_base")[0],
    )  # fmt: skip


def test_what_counted():
    assert estimate([], job()).counting == counting.Counting(
        tokenizer="o200k_base", texts="exact", error=None, frame="billed"
    )
    other = replace(OPENAI, billing=None)
    assert estimate([], job(training=other)).counting.frame == "assumed"
    llama = {"encoding": None, "tokenizer": "llama-3"}
    got = estimate([], job(card=llama, training=other)).counting
    assert (got.tokenizer, got.texts) == ("llama-3", "approximate")
    assert 0 < got.error < 1
    unknown = estimate([], job(card={"encoding": None, "tokenizer": None})).counting
    assert (unknown.tokenizer, unknown.texts, unknown.error) == ("o200k_base", "approximate", None)
    asked = estimate([], job(card=llama, tokenizer="cl100k_base")).counting
    assert (asked.tokenizer, asked.texts) == ("cl100k_base", "exact")


def test_tokenizers_that_are_not_there(tmp_path):
    with pytest.raises(UsageError, match="no tokenizer named"):
        estimate([], job(tokenizer="o300k"))
    pytest.importorskip("tokenizers")
    with pytest.raises(InputError):
        estimate([], job(tokenizer=str(tmp_path / "tokenizer.json")))


def test_layouts_of_plug_ins(row, chat):
    """They need not have more than the protocol asks for."""
    from evalkit.data.formats._layout import chat_messages

    foreign = SimpleNamespace(
        name="theirs",
        method="dance",
        messages=lambda value: tuple(chat_messages(value["talk"], "/talk")),
    )
    theirs = row({"talk": chat()["messages"]})
    got = estimate([Example(theirs.location, b"", theirs.value, foreign)], job())
    assert got.billed_per_epoch == estimate([row(chat())], job()).billed_per_epoch
    assert (got.formats, got.method) == (("theirs",), "sft")


def test_files_of_different_methods_are_refused(row, chat):
    pair = {"messages": chat()["messages"][:1], "chosen": chat()["messages"][1], "rejected": chat("No.")["messages"][1]}  # fmt: skip
    told = [row(chat(), line=n, source="a.jsonl") for n in (1, 2)]
    pairs = [row(pair, line=n, source="p.jsonl", format="chat-preference") for n in (1, 2)]
    said = r"different methods of training: a\.jsonl \(sft\), p\.jsonl \(preference\)"
    with pytest.raises(UsageError, match=said):
        estimate([*told, *pairs], job("gpt-4.1"))
    with pytest.raises(UsageError, match=said):
        estimate(told, job("gpt-4.1"), validation=pairs, validation_paths=["p.jsonl"])
    forced = estimate([*told, *pairs], job("gpt-4.1", method="preference"))
    assert (forced.examples, forced.methods) == (4, {"preference": 4})
    # What is a single row in a file of others is no other file: it is told, not refused.
    stray = row(pair, line=3, source="a.jsonl", format="chat-preference")
    assert estimate([*told, stray], job("gpt-4.1")).methods == {"sft": 2, "preference": 1}


def test_prompts_and_completions_train_as_chats_do(row, chat):
    told = [
        row(chat(), source="a.jsonl"),
        row({"prompt": "2 + 2?", "completion": "4"}, source="c.jsonl", format="prompt-completion"),
    ]
    assert estimate(told, job("gpt-4.1")).methods == {"sft": 2}


def test_roles_that_nobody_knows_are_no_results_of_tools(row):
    said = [
        {"role": "critic", "content": "Too long."},
        {"role": "user", "content": "2 + 2?"},
        {"role": "tool", "content": "4"},
        {"role": "function", "content": "4"},
        {"role": "assistant", "content": "Four."},
    ]
    shares = estimate([row({"messages": said})], job("gpt-4.1")).shares
    assert (shares.others, shares.results, shares.user) == (3, 2, 5)
