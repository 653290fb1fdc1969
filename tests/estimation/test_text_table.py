# SPDX-License-Identifier: Apache-2.0
"""Models side by side: what is in a cell, what is left out of narrow terminals, what is noted."""

from dataclasses import replace
from decimal import Decimal

import pytest

from evalkit.core.location import Location
from evalkit.core.printable import columns
from evalkit.estimation.cost import cost
from evalkit.estimation.facts import Counting
from evalkit.estimation.outlook import Fit, Unlisted
from evalkit.estimation.own_model import own_model
from evalkit.estimation.question import Question
from evalkit.estimation.text import as_text
from evalkit.estimation.text_table import cells, total
from evalkit.targets.card import Price
from evalkit.targets.load import target_named

FIT = Fit(errors=0, warnings=1)
BAD = Fit(errors=1_203, warnings=0, blockers=(("bad-role", 1_200), ("bad-weight", 3)))


@pytest.fixture
def several(made, answered):
    """Three offers: one with a price, one without, one that does not read the rows."""
    estimates = [made("openai/gpt-4.1-mini"), made("azure/gpt-4.1", cost=None)]
    estimates.append(replace(made("openai/gpt-4.1", cost=None), formats=("gemini",)))

    def make(**more):
        return answered(*estimates, **more)

    return make


def flat(text):
    return " ".join(text.split())


def rows_of(text):
    return {tuple(line.split()[:2]): line for line in text.split("\n") if line[:6] in _TARGETS}


_TARGETS = ("azure ", "openai")


def test_the_table(several):
    text = as_text(several(fits={"openai": FIT, "azure": BAD}), width=140)
    rows = rows_of(text)
    assert rows["openai", "gpt-4.1-mini-2025-04-14"].split() == [
        "openai", "gpt-4.1-mini-2025-04-14", "fit", "5", "26,100", "$0.1305", "$0.80", "/", "$3.20",
        *_hosting(text), "2027-01-06", "2027-01-14",
    ]  # fmt: skip
    assert "1,203 errors" in rows["azure", "gpt-4.1-2025-04-14"]
    assert "not known" in rows["azure", "gpt-4.1-2025-04-14"]
    assert "convert first" in rows["openai", "gpt-4.1-2025-04-14"]
    assert "why rows do not fit: evalkit lint train.jsonl --target TARGET" in flat(text)


def _hosting(text):
    """What stands in the column of hosting, which the registry decides."""
    line = rows_of(text)["openai", "gpt-4.1-mini-2025-04-14"].split()
    return line[9:-2]


def test_without_lint(several):
    assert "not linted" in as_text(several(), width=140)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_it_fits_the_terminal_and_names_what_it_leaves_out(several, language, width):
    text = as_text(several(language=language), width=width)
    assert max(map(columns, text.split("\n"))) <= width
    said = "更宽的终端还会显示" if language == "zh" else "a wider terminal also shows"
    assert (said in text) == (width < 140)
    assert "…" not in text or width == 60


def test_one_target_needs_no_column(made, answered):
    text = as_text(answered(made("gpt-4.1"), made("gpt-4.1-mini")), width=140)
    head = text.split("\n")[3]
    assert head.startswith("model ")


def test_cheap_jobs_have_four_places(made, answered):
    dear = made("gpt-4.1", billed_per_epoch=5_000_000)
    dear = replace(dear, cost=cost(25_000_000, dear.model.training))
    both = answered(dear, made("gpt-4.1-mini"))
    assert [cells(one, both)["cost"] for one in both] == ["$0.1305", "$625.0000"]
    alone = answered(dear, compared=True)
    assert [cells(one, alone)["cost"] for one in alone] == ["$625.00"]


def test_other_currencies_are_not_dollars(made, answered):
    estimate = made()
    price = Price(
        usd_per_mtok="30.00", currency="CNY", as_of=estimate.cost.as_of, source="a page", tier=None
    )
    both = answered(replace(estimate, cost=cost(26_100, price)), compared=True)
    assert cells(both.outlooks[0], both)["cost"] == "0.7830 CNY"


def test_rough_counts_and_least_sums_are_marked(made, answered):
    rough = Counting(tokenizer="qwen-3", texts="approximate", error=0.0617, frame="template")
    one = made(counting=rough)
    two = made("gpt-4.1", counting=replace(rough, error=None))
    least = replace(two, cost=replace(two.cost, amount="4.00", minimum_applied=True))
    text = flat(as_text(answered(one, least), width=140))
    assert "~26,100 ~$0.1305" in text
    assert "~26,100 $4.0000" in text
    assert "within about 6.2 % where that is known: --tokenizer FILE counts exactly" in text
    assert "the least sum of a job, more than the tokens cost: openai gpt-4.1-2025-04-14" in text
    assert "error not known" in flat(as_text(answered(two, compared=True), width=140))


def test_paths_of_models_are_shown_by_their_last_part(made, answered):
    estimate = made()
    card = replace(estimate.model, name="accounts/x/models/qwen3-8b")
    estimate = replace(estimate, job=replace(estimate.job, model=card))
    assert "accounts" not in as_text(answered(estimate, compared=True), width=140)


def test_notes(several, made):
    result = several(
        unread=("vertex", "bedrock-nova"),
        unlisted=(
            Unlisted(target="axolotl", fit=FIT), Unlisted(target="mistral", fit=BAD),
            Unlisted(target="trl", fit=FIT),
        ),
    )  # fmt: skip
    text = flat(as_text(result, width=140))
    for said in (
        "- no training price by tokens is on record: azure; openai gpt-4.1-2025-04-14",
        "- closed to new customers: openai",
        "- training prices over 180 days old (the oldest of 2025-11-01): openai gpt-4.1-mini",
        "no model on record: axolotl, trl (fit); mistral (1,203 errors)",
        "- do not read this layout: vertex, bedrock-nova: evalkit convert train.jsonl",
        "converted.jsonl --to TARGET",
    ):
        assert said in text, said
    assert "--to vertex" in flat(as_text(several(unread=("vertex",)), width=140))


def test_rows_that_were_not_counted_are_noted(made, answered):
    where = (Location(source="train.jsonl", line=7, number=7),)
    text = as_text(answered(made(left_out=1, left_out_rows=where), compared=True), width=140)
    assert "not counted: 1 record without a readable conversation: train.jsonl:7" in text


def test_the_first_day_without_jobs_is_called_that(several):
    assert "no job from" in as_text(several(), width=140)
    assert "停止接单" in as_text(several(language="zh"), width=140)


def test_sums_of_different_epochs_are_noted(made, answered):
    three = [made("together/gpt-oss-20b", asked=None), made("azure/gpt-4.1"), made()]
    numbers = [one.epochs.number for one in three]
    assert numbers[0] != numbers[1] == numbers[2]
    note = f"epochs differ (together {numbers[0]}, others 5): --epochs N makes them equal"
    assert note in flat(as_text(answered(*three), width=140))
    assert "训练轮数不同（together 1，其余 5）" in as_text(
        answered(*three, language="zh"), width=140
    )
    two = flat(as_text(answered(*three[:2]), width=140))
    assert "epochs differ (together 1, azure 5)" in two
    same = [made("together/gpt-oss-20b", asked=2), made("azure/gpt-4.1", asked=2)]
    assert "epochs differ" not in as_text(answered(*same), width=140)
    own = [made("together/gpt-oss-20b", asked=2), made("azure/gpt-4.1", asked=3)]
    assert "epochs differ" not in as_text(answered(*own), width=140)


def test_epochs_come_before_tokens_and_days(several):
    for width in range(60, 140):
        head = as_text(several(), width=width).split("\n")[3]
        for later in ("tokens", "no job from"):
            assert later not in head or "epochs" in head


def test_what_was_asked_for_is_added_up(made, answered):
    asked = Question(hosting_days=2, evaluate=100)
    both = answered(made(), made("azure/gpt-4.1-mini"), question=asked)
    sums = {}
    for one in both:
        parts = (one.cost.amount, one.hosting.total, one.evaluation.cost.total)
        sums[one.model.target] = sum(map(Decimal, parts))
        assert total(one) == (f"{sums[one.model.target]}", "USD")
    text = as_text(both, width=140)
    assert f"${sums['openai']:,.4f}" in text
    assert f"${sums['azure']:,.4f}" in text
    assert "| total |" in both.to_markdown()
    assert "<th>total</th>" in both._repr_html_()
    plain = answered(made(), made("azure/gpt-4.1-mini"))
    assert "total" not in plain.to_markdown() + as_text(plain, width=200) + plain._repr_html_()


@pytest.mark.parametrize("width", [60, 70, 80, 100])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sum_that_was_asked_for_is_never_left_out(made, answered, width, language):
    found = answered(
        made(), made("azure/gpt-4.1-mini"), question=Question(hosting_days=2), language=language,
    )  # fmt: skip
    text = as_text(found, width=width)
    head = text.split("\n")[3]
    assert ("总计" if language == "zh" else "total") in head
    assert max(map(columns, text.split("\n"))) <= width
    assert "2027-10-14" in text


def test_sums_with_an_unknown_part_are_not_known(made, answered):
    estimate = made()
    price = replace(made("azure/gpt-4.1").model.hosting[0], currency="EUR")
    card = replace(estimate.model, hosting=(price,), hosting_free=None)
    dear = replace(estimate, job=replace(estimate.job, model=card))
    (one,) = answered(dear, question=Question(hosting_days=2), compared=True)
    assert total(one) is None
    found = answered(made(cost=None), compared=True, question=Question(evaluate=5))
    assert cells(found.outlooks[0], found)["total"] == "not known"


def test_break_even_has_a_column_where_it_is_asked_for(made, answered):
    asked = Question(few_shot_tokens=1_000, calls_per_month=100_000)
    both = answered(made(), made("gpt-4.1"), question=asked)
    head = as_text(both, width=200).split("\n")[3]
    assert "repaid after" in head
    calls = both.outlooks[0].break_even.calls
    assert f"{calls:,} calls, < 0.1 months" in as_text(both, width=200)
    never = answered(made(), made("gpt-4.1"), question=Question(few_shot=0))
    assert {cells(one, never)["repaid"] for one in never} == {"never"}
    assert "repaid after" not in as_text(answered(made(), made("gpt-4.1")), width=200)
    assert "回本需" in as_text(replace(both, language="zh"), width=200)


def test_sums_that_may_be_more_are_marked(made, answered):
    found = answered(made(images=3, with_images=2, images_unknown=1), compared=True)
    assert cells(found.outlooks[0], found)["cost"].startswith("≥$")
    assert "≥ the job may cost more: 1 image is not counted" in as_text(found, width=140)


def test_examples_beyond_the_context_are_noted(made, answered):
    asked = Question(few_shot_tokens=2_000_000)
    text = flat(as_text(answered(made(), made("gpt-4.1"), question=asked), width=140))
    assert "more than the context of the base model: openai" in text
    single = flat(as_text(answered(made(), question=asked)))
    assert "2,000,000 tokens of examples and a prompt of 150 are more than the context" in single
    assert "context of the base model" not in flat(as_text(answered(made(), made("gpt-4.1"))))


def test_long_paths_do_not_widen_the_heading(made, answered):
    path = "/data/" + "a-folder-of-a-long-name/" * 8 + "train.jsonl"
    head = as_text(answered(made(files=((path, 20),)), compared=True), width=80).split("\n")[0]
    assert columns(head) <= 80
    assert head.startswith("/data/")
    assert head.endswith("train.jsonl")


def test_epochs_by_a_rule_of_another_provider_are_told(made, answered):
    """Azure's own rule is not known, OpenAI's is: the sum rests on a guess."""
    both = answered(made(), made("azure/gpt-4.1-mini"))
    said = "epochs by OpenAI's rule, where the provider's own is not known: azure"
    assert said in flat(as_text(both, width=140))
    assert said in both.to_markdown().replace("\\", "")
    given = answered(made(asked=3), made("azure/gpt-4.1-mini", asked=3))
    assert "by OpenAI's rule" not in as_text(given, width=140)


def test_only_who_can_get_the_rows_converted_is_told_to_convert(made, answered):
    """`evalkit convert` refuses reinforcement rows without answers where there is no layout."""
    prompts = replace(
        made("azure/o4-mini"), formats=("openai-reinforcement",), method="rft", loss_per_epoch=0
    )
    text = flat(as_text(answered(prompts, compared=True, unread=("trl", "vertex")), width=140))
    assert "have no layout for such rows: trl, vertex" in text
    assert "evalkit convert" not in text
    chats = answered(made(), compared=True, unread=("vertex",))
    assert "converted.jsonl --to vertex" in flat(as_text(chats, width=140))


def test_on_machines_of_one_s_own_nothing_is_billed(made, answered):
    one = made()
    own = replace(one.job, model=own_model(target_named("trl")))
    text = as_text(answered(replace(one, job=own, cost=None), one), width=140)
    assert "own machines" in text
    assert "no training price by tokens is on record" not in text
