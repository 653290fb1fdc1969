# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import replace
from datetime import date

import pytest

from evalkit.core.errors import UsageError
from evalkit.data.read import open_data
from evalkit.estimation.facts import Job
from evalkit.estimation.project import estimate, estimates
from evalkit.targets.card import HourlyPrice, Price
from evalkit.targets.job_rules import BatchRule, EpochRule, Timing, Training
from evalkit.targets.load import model_named, target_named
from evalkit.tokens.encodings import count

TURBO = model_named("gpt-3.5-turbo-0613")
OPENAI = target_named("openai").training
DAY = date(2026, 11, 20)


def job(model=TURBO, **more):
    return Job(model=model, training=more.pop("training", OPENAI), **more)


def test_the_job_of_2023(shared):
    path = str(shared / "chatlaw-law-zh" / "fine_tuning.jsonl")
    got = estimate(open_data(path), job(batch_size=4))
    assert (got.examples, got.epochs.number, got.steps) == (20, 5, 25)
    assert (got.billed_per_epoch, got.cookbook_per_epoch, got.loss_per_epoch) == (5220, 5260, 2051)
    assert (got.billed_tokens, got.cookbook_tokens) == (26_100, 26_300)
    assert got.cost.amount == "0.2088"
    assert got.files == ((path, 20),)
    assert (got.formats, got.method) == (("openai-chat",), "sft")
    assert (got.over_long, got.left_out, got.outliers) == (0, 0, ())
    assert (got.example.min, got.example.median, got.example.max) == (206, 255, 353)
    assert {role: spread.sum for role, spread in got.roles.items()} == {
        "system": 2_100, "user": 809, "assistant": 2_051,
    }  # fmt: skip
    assert (got.shares.system, got.shares.frame) == (2_100, 20 * 13)


def test_the_cookbooks_toy(shared):
    path = str(shared / "openai-cookbook" / "toy_chat_fine_tuning.jsonl")
    got = estimate(open_data(path), job())
    assert (got.cookbook_per_epoch, got.billed_per_epoch, got.epochs.number) == (4306, 4298, 20)
    assert (got.cookbook_tokens, got.billed_tokens) == (86_120, 85_960)
    assert (got.over_long, got.unlearned) == (1, 0)
    (cut,) = got.cut_rows
    assert (cut.location.line, cut.tokens) == (5, 8_030)
    assert cut.lost == got.lost == 8_030 - 4_096  # the answer is the end of the row
    assert cut.learned == 8_000 - got.lost
    (far,) = got.outliers
    assert (far.location.line, far.tokens) == (5, 8_030)
    unlimited = estimate(open_data(path), job(replace(TURBO, training_limit=None)))
    assert (unlimited.cookbook_per_epoch, unlimited.over_long) == (8_242, 0)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("chatlaw-law-zh", "fine_tuning.jsonl"),
        ("foundry-sft-gsm8k", "chat_train.jsonl"),
        ("openai-cookbook", "toy_chat_fine_tuning.jsonl"),
    ],
)
@pytest.mark.parametrize("encoding", ["cl100k_base", "o200k_base"])
@pytest.mark.parametrize("limit", [4_096, 16_385, 65_536])
def test_expected_tokens(shared, folder, name, encoding, limit):
    every = json.loads((shared / folder / "expected_tokens.json").read_bytes())[name]
    wanted = every[encoding]
    card = replace(TURBO, encoding=encoding, training_limit=limit)
    got = estimate(open_data(str(shared / folder / name)), job(card))
    assert got.cookbook_per_epoch == wanted[f"billable_per_epoch_limit_{limit}"]
    assert got.over_long == wanted[f"examples_over_{limit}"]
    assert got.example.sum + 2 * got.examples == wanted["total_tokens"]
    assert (got.example.min + 2, got.example.max + 2) == (wanted["min"], wanted["max"])
    assert got.example.median + 2 == wanted["median"]
    assert got.shares.assistant == wanted["assistant_tokens_total"]
    assert got.epochs.number == every["cookbook_n_epochs"]


def test_tools_of_real_rows(shared):
    path = str(shared / "foundry-tool-calls" / "stock_toolcall_training.jsonl")
    got = estimate(open_data(path), job(model_named("gpt-4.1-mini")))
    assert got.shares.tools == 9_202
    assert (got.examples, got.with_tools) == (86, 86)


def test_pairs_of_real_rows(shared):
    path = str(shared / "foundry-dpo-orca" / "validation.jsonl")
    got = estimate(open_data(path), job(model_named("gpt-4.1-mini")))
    assert (got.examples, got.method) == (284, "preference")
    assert got.shares.assistant == got.loss_per_epoch == 128_154
    assert got.shares.system == 2 * got.roles["system"].sum


def test_reinforcement_is_billed_by_time(shared):
    path = str(shared / "foundry-rft-countdown" / "countdown_train_100.jsonl")
    got = estimate(open_data(path), job(model_named("o4-mini")))
    assert (got.method, got.loss_per_epoch, got.cost) == ("rft", 0, None)
    assert (got.billed_per_epoch, got.answer_tokens) == (35_700, None)


def test_a_token_price_is_not_one_of_reinforcement(row):
    asked = {"messages": [{"role": "user", "content": "2 + 2?"}], "answer": "4"}
    both = replace(
        TURBO,
        methods=("sft", "rft"),
        training_per_hour=HourlyPrice(usd_per_hour="100", currency="USD", as_of=DAY, source=""),
    )
    rows = [row(asked, format="openai-reinforcement")]
    assert estimate(rows, job(both)).cost is None
    own = Price(usd_per_mtok="8", currency="USD", as_of=DAY, source="", method="rft")
    assert estimate(rows, job(replace(both, trainings=(own,)))).cost is not None


def test_worked_prices(row, chat):
    """100,000 tokens x 3 epochs at $0.008 per 1K; 143,557 tokens of ada at $0.0004 per 1K."""
    from evalkit.estimation.cost import cost

    assert cost(100_000 * 3, TURBO.training).amount == "2.40"
    assert cost(143_557, model_named("ada").training).amount == "0.0574228"
    # padded to 1,000, so that the sums of the guide come out of a whole estimate
    padded = replace(OPENAI, packing="padded")
    rows = [row(chat(), line=n) for n in range(100)]
    got = estimate(rows, job(training=padded, epochs=3, sequence_length=1_000))
    assert (got.billed_tokens, got.cost.amount) == (300_000, "2.40")
    assert got.padding_per_epoch == 100_000 - got.example.sum


def test_padding_to_a_length_that_nobody_says(row, chat):
    unlimited = replace(TURBO, training_limit=None)
    asked = job(unlimited, training=replace(OPENAI, packing="padded"))
    got = estimate([row(chat())], asked)
    assert (asked.padded_to, got.padding_per_epoch) == (None, 0)
    assert job(training=replace(OPENAI, packing="padded")).padded_to == 4_096
    assert job(training=replace(OPENAI, packing="packed"), sequence_length=512).padded_to is None


def test_a_sequence_length_is_a_limit(row, chat):
    asked = job(sequence_length=100)
    assert (asked.limit, job().limit) == (100, 4_096)
    assert job(sequence_length=10_000).limit == 4_096
    got = estimate([row(chat("Four. " * 500))], asked)
    assert (got.over_long, got.billed_per_epoch) == (1, 100)


@pytest.mark.parametrize(
    ("cut", "rows_billed", "answers", "lost", "steps"),
    [("end", 2, 4, 98, 2), ("drop", 1, 2, 100, 1), ("refuse", 2, 102, 0, 2), (None, 2, 102, 0, 2)],
)
def test_over_long_rows(row, chat, cut, rows_billed, answers, lost, steps):
    rows = [row(chat("Four.")), row(chat("a" + " a" * 99), line=2)]  # answers of 2 and 100 tokens
    prompt = estimate(rows, job()).example.min - 2
    card = replace(TURBO, training_limit=prompt + 2)
    got = estimate(rows, job(card, training=replace(OPENAI, cut=cut), epochs=1, batch_size=1))
    assert (got.billed_per_epoch, got.loss_per_epoch) == (rows_billed * prompt + answers, answers)
    assert (got.over_long, got.lost, got.steps) == (1, lost, steps)
    assert got.cut_rows[0].tokens == prompt + 100
    assert got.unlearned == (cut == "drop")


def test_several_files_and_empty_ones(row, chat):
    rows = [
        row(chat(), source="b.jsonl"),
        row(chat(), source="a.jsonl"),
        row(chat(), source="b.jsonl", line=2),
    ]
    got = estimate(rows, job(epochs=2, batch_size=2), paths=["a.jsonl", "b.jsonl", "c.jsonl"])
    assert got.files == (("a.jsonl", 1), ("b.jsonl", 2), ("c.jsonl", 0))
    assert (got.examples, got.steps, got.epochs.rule) == (3, 4, "given")


def test_what_is_left_out(row, chat):
    rows = [
        row(chat(), line=1),
        row(None, line=2, kind="json"),
        row(None, line=3, kind="blank"),
        row({"messages": "none"}, line=4),
        row({"what": 1}, line=5, format=None),
    ]
    got = estimate(rows, job())
    assert (got.examples, got.left_out) == (1, 3)
    assert [where.line for where in got.left_out_rows] == [2, 4, 5]
    many = estimate([row(None, line=n, kind="json") for n in range(1, 101)], job())
    assert (many.left_out, len(many.left_out_rows)) == (100, 20)


def test_nothing():
    got = estimate([], job(batch_size=4))
    assert (got.examples, got.epochs.number, got.steps, got.billed_tokens) == (0, 0, 0, 0)
    assert got.cost.amount == "0.00"
    assert (got.example, got.turns, got.outliers, got.method) == (None, None, (), "sft")
    assert (got.prompt_tokens, got.answer_tokens, got.system_tokens) == (None, None, None)


def test_models_without_a_chat_form_count_the_texts_alone(row):
    pair = {"prompt": "Who won? ->", "completion": " The reds\n"}
    got = estimate([row(pair, format="prompt-completion")], job(model_named("babbage-002")))
    prompt, completion = count([pair["prompt"], pair["completion"]], "cl100k_base")
    assert got.billed_per_epoch == got.cookbook_per_epoch == prompt + completion
    assert (got.loss_per_epoch, got.method) == (completion, "completion")
    assert (got.prompt_tokens, got.answer_tokens) == (prompt, completion)
    assert got.shares.frame == 0


def test_methods(row, chat):
    pair = {"messages": chat()["messages"][:1], "chosen": chat()["messages"][1]}
    pairs = [
        row({**pair, "rejected": pair["chosen"]}, format="chat-preference", line=n) for n in (1, 2)
    ]
    assert estimate([row(chat()), *pairs], job()).method == "preference"
    assert estimate([row(chat()), *pairs[:1]], job()).method == "preference"  # as many: by name
    assert estimate(pairs, job(method="sft")).method == "sft"
    got = estimate([row(chat())], job(model_named("o4-mini")))
    assert got.method == "sft"  # which it cannot be trained with: shown, not refused
    assert got.method not in got.model.methods
    assert got.cost is None


def test_weights(row, chat):
    assert estimate([row(chat(weight=0))], job()).loss_per_epoch == 0
    assert estimate([row(chat(weight=1))], job()).loss_per_epoch == 2


def test_limits_of_what_can_be_asked_for():
    with pytest.raises(UsageError, match="at most 50"):
        estimate([], job(epochs=51))
    with pytest.raises(UsageError, match="at most 256"):
        estimate(iter(()), job(batch_size=257))
    free = replace(OPENAI, max_epochs=None, max_batch_size=None)
    assert estimate([], job(training=free, epochs=900, batch_size=900)).epochs.number == 900


def test_what_is_refused_is_said_before_anything_is_read():
    def rows():
        raise AssertionError("read")
        yield

    with pytest.raises(UsageError):
        estimates(rows(), [job(), job(epochs=51)])


def test_rules_of_the_provider(row, chat):
    rules = Training(
        epochs=EpochRule(default=4, as_of=DAY, source="docs"),
        batch=BatchRule(default=8, as_of=DAY, source="docs"),
    )
    rows = [row(chat(), line=n) for n in range(1, 18)]
    got = estimate(rows, job(training=rules))
    assert (got.epochs.number, got.batch.size, got.steps) == (4, 8, 12)
    unknown = estimate(rows, job(training=Training()))
    assert (unknown.epochs.rule, unknown.epochs.number) == ("assumed", 5)
    assert (unknown.batch.size, unknown.steps) == (None, None)


def test_tiers_and_methods_have_prices_of_their_own(row, chat):
    prices = tuple(
        Price(usd_per_mtok=usd, currency="USD", as_of=DAY, source="", method=method, tier=tier)
        for usd, method, tier in (
            ("1", "sft", "lora"),
            ("2", "sft", "full"),
            ("3", "preference", None),
        )
    )
    card = replace(TURBO, trainings=prices)
    rows = [row(chat())]
    assert estimate(rows, job(card)).cost.usd_per_mtok == "1"
    assert estimate(rows, job(card, tier="full")).cost.usd_per_mtok == "2"
    assert estimate(rows, job(card, tier="none")).cost is None
    assert estimate(rows, job(card, method="preference")).cost.usd_per_mtok == "3"


def test_duration(row, chat):
    timings = tuple(
        Timing(model="m", tokens=1_000, seconds=s, as_of=DAY, source="log") for s in (10, 20)
    )
    rules = replace(OPENAI, timings=timings)
    got = estimate([row(chat())], job(training=rules, epochs=50))
    assert (got.duration.least, got.duration.most) == (10, 20)  # fewer tokens
    assert estimate([row(chat())], job(training=rules, method="preference")).duration is None
    assert estimate([row(chat())], job(training=rules, method="rft")).duration is None
    assert estimate([row(chat())], job(training=replace(OPENAI, timings=()))).duration is None


def test_every_model_on_record(shared):
    path = str(shared / "chatlaw-law-zh" / "fine_tuning.jsonl")
    from evalkit.targets.load import target_names

    asked = [
        Job(model=card, training=target_named(name).training)
        for name in target_names()
        for card in target_named(name).models.values()
    ]
    got = estimates(open_data(path), asked)
    assert [one.job for one in got] == asked
    assert all(one.examples == 20 and one.billed_per_epoch > 2_000 for one in got)
    assert got[3] == estimate(open_data(path), asked[3])
