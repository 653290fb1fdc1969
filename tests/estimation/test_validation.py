# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

from evalkit.estimation.facts import Job
from evalkit.estimation.project import estimate
from evalkit.targets.load import model_named, target_named

TURBO = model_named("gpt-3.5-turbo-0613")
OPENAI = target_named("openai").training


@pytest.fixture
def held(row, chat):
    """Estimates 4 training rows and 2 validation rows: `held(validation="each")`."""

    def make(epochs=3, evaluations=None, **rules):
        training = replace(OPENAI, **{"validation": None, "evaluations": None, **rules})
        job = Job(model=TURBO, training=training, epochs=epochs, evaluations=evaluations)
        return estimate(
            [row(chat(), line=n) for n in range(1, 5)],
            job,
            validation=[row(chat("Four, or 2 + 2."), line=n, source="v.jsonl") for n in (1, 2)],
            validation_paths=["v.jsonl"],
        )

    return make


def test_free(held):
    got = held(validation="free")
    assert got.validation.billed == 0
    assert got.validation.why["en"] == "free with this provider"
    assert (got.validation.files, got.validation.examples) == ((("v.jsonl", 2),), 2)
    assert got.cost == held(validation=None).cost


def test_each_evaluation_is_billed(held):
    got = held(validation="each")
    check = got.validation
    assert (check.evaluations, check.billed) == (3, 3 * check.tokens)
    assert check.why["en"].endswith("one per epoch")
    assert check.tokens > 0
    tokens = got.billed_tokens + check.billed
    assert got.billed_tokens == 3 * got.billed_per_epoch  # of training alone
    assert float(got.cost.amount) == pytest.approx(tokens * 8 / 1e6)


def test_how_often(held):
    assert held(validation="each", evaluations=5).validation.evaluations == 5
    assert held(validation="each", epochs=7).validation.evaluations == 7
    got = held(validation="each", evaluations=0)
    assert (got.validation.evaluations, got.validation.billed) == (0, 0)


def test_the_providers_number(held, row, chat):
    rules = replace(OPENAI, validation="each", evaluations=2)
    job = Job(model=TURBO, training=rules, epochs=3)
    got = estimate([row(chat())], job, validation=[row(chat())])
    assert (got.validation.evaluations, got.validation.billed) == (2, 2 * got.validation.tokens)
    assert not got.validation.why["en"].endswith("one per epoch")


def test_not_known(held):
    got = held(validation=None)
    assert got.validation.billed is None
    assert got.validation.why["en"].startswith("not known")
    assert got.validation.why["zh"].startswith("未知")
    assert got.cost is not None  # of training


def test_no_validation(row, chat):
    assert estimate([row(chat())], Job(model=TURBO, training=OPENAI)).validation is None


def test_it_is_cut_and_padded_as_training_is(row, chat):
    rules = replace(OPENAI, validation="each", packing="padded")
    job = Job(model=TURBO, training=rules, epochs=1, sequence_length=50)
    rows = [row(chat()), row(chat("Four. " * 100), line=2)]
    assert estimate(rows, job, validation=rows).validation.tokens == 100


def test_real_files(shared):
    from evalkit.data.read import open_data

    folder = shared / "foundry-sft-gsm8k"
    job = Job(model=model_named("gpt-4.1-mini"), training=replace(OPENAI, validation="each"))
    got = estimate(
        open_data(str(folder / "chat_train.jsonl")),
        job,
        validation=open_data(str(folder / "chat_validation.jsonl")),
    )
    alone = estimate(open_data(str(folder / "chat_validation.jsonl")), job)
    assert got.validation.tokens == alone.billed_per_epoch
    assert got.billed_per_epoch == 84_326 - 2 * 449
