# SPDX-License-Identifier: Apache-2.0
"""Models side by side: what is in a cell, what is left out of narrow terminals, what is noted."""

from dataclasses import replace

import pytest

from evalkit.core.location import Location
from evalkit.core.printable import columns
from evalkit.estimation.cost import cost
from evalkit.estimation.facts import Counting
from evalkit.estimation.outlook import Fit, Unlisted
from evalkit.estimation.text import as_text
from evalkit.estimation.text_table import cells
from evalkit.targets.card import Price

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
