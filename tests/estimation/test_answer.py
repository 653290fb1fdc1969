# SPDX-License-Identifier: Apache-2.0
"""From a question and real rows to the answer."""

import json
from datetime import date

import pytest

from evalkit.core.errors import InputError, UsageError
from evalkit.data.read import open_data
from evalkit.estimation.answer import FEW_SHOT, Sources, answer
from evalkit.estimation.outlook import Fit
from evalkit.estimation.question import Question

TODAY = date(2026, 11, 21)


def row(answer_, system="Be brief."):
    return {
        "messages": [
            {"role": "system", "content": system},
            {"role": "user", "content": "Where is my parcel?"},
            {"role": "assistant", "content": answer_},
        ]
    }


@pytest.fixture
def data(tmp_path):
    """Data sets of rows: `data(3)` has three."""

    def made(number, name="train.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row(f"On its way {n}.")) + "\n" for n in range(number)))
        return open_data(str(path), name=name)

    return made


def ask(training, *, validation=(), held_out=(), fits=None, told=lambda _: None, **asked):
    sources = Sources(training=training, validation=validation, held_out=held_out)
    return answer(sources, Question(**asked), today=TODAY, fits=fits, told=told)


def test_the_job_of_2023(shared):
    path = shared / "chatlaw-law-zh" / "fine_tuning.jsonl"
    found = ask([open_data(str(path))], models=("gpt-3.5-turbo-0613",))
    assert found.estimate.billed_tokens == 26_100
    assert found.estimate.cookbook_per_epoch == 5_260
    assert found.cost.amount == "0.2088"


def test_the_cookbook_s_toy_file(shared):
    path = shared / "openai-cookbook" / "toy_chat_fine_tuning.jsonl"
    found = ask([open_data(str(path))], models=("gpt-3.5-turbo-0613",))
    estimate = found.estimate
    assert (estimate.examples, estimate.epochs.number) == (5, 20)
    assert (estimate.cookbook_per_epoch, estimate.cookbook_tokens) == (4_306, 86_120)
    assert estimate.billed_tokens == 85_960


def test_examples_in_the_prompt_come_without_their_system_prompt(data):
    found = ask([data(20)], models=("gpt-4.1-mini",))
    (one,) = found
    estimate = one.estimate
    mean = estimate.example.mean - estimate.system_tokens
    assert one.few_shot.tokens == round(FEW_SHOT * mean)
    assert one.few_shot.assumed
    (one,) = ask([data(20)], models=("gpt-4.1-mini",), few_shot=3)
    assert (one.few_shot.tokens, one.few_shot.assumed) == (round(3 * mean), False)
    assert one.break_even.few_shot_tokens == round(3 * mean)
    (one,) = ask([data(20)], models=("gpt-4.1-mini",), few_shot_tokens=77)
    assert (one.few_shot.tokens, one.few_shot.examples) == (77, None)


def test_whose_rows_are_evaluated(data):
    train, valid, held = data(20), data(4, "v.jsonl"), data(7, "h.jsonl")

    def run(**more):
        (one,) = ask([train], models=("gpt-4.1-mini",), **more)
        return one.evaluation.rows_of, one.evaluation.plan.rows

    assert run() == ("example", 100)
    assert run(validation=[valid]) == ("validation", 4)
    assert run(validation=[valid], held_out=[held]) == ("file", 7)
    assert run(validation=[valid], evaluate=55) == ("asked", 55)


def test_every_model_gets_its_own_figures(data):
    found = ask([data(20)], targets=("openai", "azure"), fits={"azure": Fit(errors=1, warnings=0)})
    assert found.compared
    assert len(found) == len({(o.model.target, o.model.name) for o in found}) > 4
    for one in found:
        assert one.estimate.billed_tokens == found.estimate.billed_tokens
        assert (one.fit is None) == (one.model.target == "openai")
        assert one.model.target not in one.others
    assert "vertex" in found.unread


def test_what_was_chosen_is_told(data):
    told = []
    ask([data(2)], told=told.append)
    assert told == ["no --model given: these are the figures of gpt-4.1-mini"]


def test_rows_are_read_once_whatever_the_number_of_models(data, monkeypatch):
    reads = []
    source = data(5)

    def watch(one, what):
        reads.append(one.path)
        return one

    answer(Sources(training=[source]), Question(targets=("all",)), today=TODAY, watch=watch)
    assert reads == ["train.jsonl"]


def test_what_cannot_be_answered(data, tmp_path):
    with pytest.raises(InputError, match="no example to count in train"):
        ask([data(0)], models=("gpt-4.1",))
    with pytest.raises(InputError, match="no example to evaluate with in h"):
        ask([data(2)], models=("gpt-4.1",), held_out=[data(0, "h.jsonl")])
    with pytest.raises(UsageError, match="no model named `gpt5`"):
        ask([data(2)], models=("gpt-4.1",), judge="gpt5")
