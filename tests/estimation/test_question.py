# SPDX-License-Identifier: Apache-2.0
"""Which models a question means."""

from datetime import date
from fractions import Fraction

import pytest

from evalkit.core.errors import UsageError
from evalkit.estimation.choosing import DEFAULT_MODEL, chosen
from evalkit.estimation.question import Question
from evalkit.targets.load import target_named, target_names

TODAY = date(2026, 11, 21)


def asked(formats=("openai-chat",), method="sft", today=TODAY, **more):
    found = chosen(Question(**more), formats, method, today)
    return [f"{job.model.target}/{job.model.name}" for job in found.jobs], found


def test_nothing_said():
    names, found = asked()
    assert names == ["openai/gpt-4.1-mini-2025-04-14"]
    assert DEFAULT_MODEL in found.note.plain("en")
    assert DEFAULT_MODEL in found.note.plain("zh")


def test_models_by_name():
    names, found = asked(models=("azure/gpt-4.1", "gpt-4.1", "gpt-4.1-2025-04-14"))
    assert names == ["azure/gpt-4.1-2025-04-14", "openai/gpt-4.1-2025-04-14"]
    assert not found.note


def test_a_model_at_several_targets():
    both, _ = asked(models=("gpt-4.1",), targets=("azure", "openai"))
    assert both == ["azure/gpt-4.1-2025-04-14", "openai/gpt-4.1-2025-04-14"]
    every, _ = asked(models=("gpt-4.1",), targets=("all",))
    assert set(every) == set(both)
    with pytest.raises(UsageError, match="gpt-9"):
        asked(models=("gpt-9",), targets=("all",))
    with pytest.raises(UsageError, match="no model named `azure/ada`"):
        asked(models=("ada",), targets=("azure",))


def test_all_means_every_model_that_takes_the_rows_now():
    names, found = asked(targets=("all",))
    closed = {"openai/gpt-3.5-turbo-0125", "openai/gpt-4.1-nano-2025-04-14"}
    assert not closed.intersection(names)
    assert "openai/gpt-4.1-2025-04-14" in names  # closed to new customers, not to old ones
    assert not [n for n in names if n.startswith(("vertex/", "bedrock-nova/"))]
    for target in found.unlisted:
        assert not target_named(target).models
        assert "openai-chat" in target_named(target).formats
    later, _ = asked(targets=("all",), today=date(2027, 2, 1))
    assert not [n for n in later if n.startswith("openai/")]


def test_methods_choose_models():
    names, _ = asked(("openai-reinforcement",), "rft", targets=("all",))
    for target, _, model in (name.partition("/") for name in names):
        assert "rft" in target_named(target).models[model].methods
    assert "openai/gpt-4.1-mini-2025-04-14" not in names


def test_a_named_target_that_is_closed_shows_its_first_model():
    names, _ = asked(targets=("openai", "azure"), today=date(2028, 1, 1))
    assert [n for n in names if n.startswith("openai/")] == ["openai/gpt-4.1-mini-2025-04-14"]


def test_a_target_without_models():
    names, found = asked(targets=("trl",))
    assert names == ["trl/a model of your own"]
    assert "no models or prices of trl" in found.note.plain("en")
    (job,) = found.jobs
    assert job.training is target_named("trl").training
    assert (job.model.training, job.model.inference, job.model.hosting_free) == (None, None, None)
    names, found = asked(targets=("trl", "axolotl"))
    assert names == ["openai/gpt-4.1-mini-2025-04-14"]
    assert found.unlisted == ("trl", "axolotl")
    assert "no model on record" in found.note.plain("en")


def test_our_own_trainer_is_there_when_it_is_named_and_no_offer_among_all():
    names, found = asked(targets=("local",))
    assert names == ["local/smollm2"]
    assert found.jobs[0].model.training.usd_per_mtok == "0.00"
    names, found = asked(targets=("all",))
    assert "local/smollm2" not in names
    assert "local" not in found.unlisted
    names, _ = asked(targets=("local", "openai"), models=("gpt-4.1",))
    assert names == ["openai/gpt-4.1-2025-04-14"]


def test_a_known_model_at_a_trainer_leaves_its_prices_behind():
    names, found = asked(targets=("trl",), models=("qwen3-8b",))
    (job,) = found.jobs
    assert names == ["trl/qwen3-8b"]  # as the user calls it: the path is Fireworks's
    assert (job.model.tokenizer, job.model.training, job.model.retires) == ("qwen-3", None, None)
    assert job.training is target_named("trl").training
    with pytest.raises(UsageError):
        asked(targets=("fireworks",), models=("gpt-4.1",))


def test_a_tuned_model_is_compared_with_its_base():
    _, found = asked(models=("ft:gpt-4o-mini-2024-07-18:acme::abc",))
    _, plain = asked(models=("gpt-4o-mini-2024-07-18",))
    assert found.jobs[0].model == plain.jobs[0].model
    assert found.jobs[0].model.inference != found.jobs[0].model.tuned_inference


def test_who_refuses_the_job_is_left_out_of_several():
    most = {t: target_named(t).training.max_epochs for t in target_names()}
    names, found = asked(targets=("all",), epochs=51)
    for target, limit in most.items():
        taken = [n for n in names if n.startswith(f"{target}/")]
        assert not taken or limit is None or limit >= 51
    assert "openai" in found.note.plain("en")
    names, _ = asked(models=("gpt-4.1", "gpt-4.1-mini"), epochs=51)
    assert len(names) == 1  # which the projection refuses, with its reason


def test_what_is_asked_reaches_the_job():
    _, found = asked(models=("gpt-4.1",), epochs=2, batch_size=3, sequence_length=9, evaluations=4)
    (job,) = found.jobs
    assert (job.epochs, job.batch_size, job.sequence_length, job.evaluations) == (2, 3, 9, 4)
    assert job.training is target_named("openai").training


def test_packing_is_turned_off_where_one_can():
    _, found = asked(models=("together/Qwen3.5-9B",), packing=False, sequence_length=2048)
    (job,) = found.jobs
    assert (job.training.packing, job.padded_to) == ("padded", 2048)
    assert target_named("together").training.packing == "packed"
    _, found = asked(targets=("together", "fireworks"), packing=False)
    packing = {job.model.target: job.training.packing for job in found.jobs}
    assert packing == {"together": "padded", "fireworks": "packed"}
    with pytest.raises(UsageError, match="cannot be turned off at openai") as caught:
        asked(models=("gpt-4.1",), packing=False)
    assert "together can" in str(caught.value)


def test_an_unknown_tier():
    with pytest.raises(UsageError, match="has the tier `developr`") as caught:
        asked(models=("azure/gpt-4.1-mini",), tier="developr")
    assert "did you mean `developer`" in str(caught.value)
    with pytest.raises(UsageError, match="ask for no tier"):
        asked(models=("openai/ada",), tier="x")
    asked(targets=("all",), tier="developer")  # some have it


@pytest.mark.parametrize(
    ("name", "number"),
    [("epochs", 0), ("batch_size", -1), ("hosting_days", float("nan")), ("evaluate", 0)],
)
def test_numbers_that_cannot_be(name, number):
    with pytest.raises(UsageError, match=name.replace("_", " ")):
        Question(**{name: number})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"epochs": "3"}, "epochs: '3' is no whole number"),
        ({"epochs": 1.5}, "epochs: 1.5 is no whole number"),
        ({"batch_size": True}, "batch size: True is no whole number"),
        ({"hosting_days": "7"}, "hosting days: '7' is no number"),
        ({"hosting_days": float("nan")}, "hosting days: nan cannot be"),
        ({"hosting_days": float("inf")}, "hosting days: inf cannot be"),
        ({"hosting_days": -1}, "hosting days: -1 cannot be"),
        ({"method": "foo"}, "no method of training named `foo`"),
        ({"method": "preferences"}, "did you mean `preference`"),
        ({"few_shot": 1, "few_shot_tokens": 9}, "few_shot and few_shot_tokens say the same"),
    ],
)
def test_what_cannot_be_asked(given, said):
    with pytest.raises(UsageError) as refused:
        Question(**given)
    assert said in refused.value.message


def test_more_examples_in_a_prompt_than_there_are(made):
    Question(few_shot=20).held_to(20)
    Question(few_shot_tokens=1_000).held_to(1)
    Question().held_to(1)  # the five that are assumed are an example
    with pytest.raises(UsageError, match="there are only 20 rows, not 21"):
        Question(few_shot=21).held_to(20)
    with pytest.raises(UsageError, match="there are only 1 row, not 2"):
        Question(few_shot=2).held_to(1)


def test_numbers_of_other_libraries_are_numbers():
    """As numpy gives them, and fractions: they would break sums and JSON further on."""
    import json

    import numpy as np

    question = Question(
        epochs=np.int64(3), few_shot=np.int32(2), hosting_days=np.float64(0.5), repeats=np.int64(2)
    )
    assert json.dumps([question.epochs, question.few_shot, question.repeats]) == "[3, 2, 2]"
    assert repr(question.hosting_days) == "0.5"
    assert Question(hosting_days=Fraction(1, 4)).hosting_days == 0.25
    assert Question(hosting_days=np.float32(0.5)).hosting_days == 0.5
    assert type(Question(hosting_days=30).hosting_days) is int
    with pytest.raises(UsageError, match="cannot be"):
        Question(hosting_days=np.float64("nan"))


def test_a_target_may_have_a_model_whose_owner_is_called_as_another_target():
    """Together calls it `openai/gpt-oss-20b`."""
    names, _ = asked(models=("openai/gpt-oss-20b",), targets=("together",))
    assert names == ["together/openai/gpt-oss-20b"]
    names, _ = asked(models=("openai/gpt-oss-20b",), targets=("all",))
    assert names == ["together/openai/gpt-oss-20b"]
    with pytest.raises(UsageError, match="is known at openai"):
        asked(models=("openai/gpt-oss-20b",), targets=("azure",))


def test_an_open_model_at_a_trainer_by_its_name_on_a_hub():
    """As people write it for TRL; what a provider calls it is found by the last part."""
    names, found = asked(models=("Qwen/Qwen3-8B",), targets=("trl",))
    assert names == ["trl/Qwen/Qwen3-8B"]
    assert found.jobs[0].model.tokenizer == "qwen-3"
    with pytest.raises(UsageError, match="no model named `Qwen/Qwen2") as caught:
        asked(models=("Qwen/Qwen2.5-7B-Instruct",), targets=("trl",))
    assert "leave --model out" in caught.value.hint
    assert "--tokenizer" in caught.value.hint


def test_a_provider_whose_models_are_for_other_rows_is_named():
    """Fireworks trains on reinforcement rows; which of its models, is not on record."""
    _, found = asked(("openai-reinforcement",), "rft", targets=("all",))
    assert "fireworks" in found.unlisted
    assert "openai" not in found.unlisted  # has one on record, which takes no jobs any more


def test_a_provider_s_model_at_a_trainer_and_at_another_provider():
    names, _ = asked(models=("fireworks/qwen3-8b",), targets=("trl",))
    assert names == ["trl/qwen3-8b"]
    names, _ = asked(models=("fireworks/qwen3-8b",), targets=("fireworks", "together"))
    assert names == ["fireworks/accounts/fireworks/models/qwen3-8b"]
    with pytest.raises(UsageError, match="is openai's, and the target is together"):
        asked(models=("openai/gpt-4.1",), targets=("together",))


@pytest.mark.parametrize("name", ["gpt-4o", "openai/gpt-4.1-mini", "gemini-2.5-pro"])
def test_nobody_else_trains_a_model_whose_weights_cannot_be_had(name):
    with pytest.raises(UsageError, match=r"weights of .* cannot be had"):
        asked(models=(name,), targets=("trl", "axolotl"))


def test_rows_that_nobody_reads_as_they_are():
    names, found = asked(("alpaca",), targets=("all",))
    targets = {name.partition("/")[0] for name in names}
    assert {"azure", "fireworks", "openai", "together", "vertex"} <= targets
    assert "once they are converted" in found.note.plain("en")
    assert {"axolotl", "llama-factory"} <= set(found.unlisted)
    names, found = asked(("kto",), "preference", targets=("all",))
    assert names == ["openai/gpt-4.1-mini-2025-04-14"]  # verdicts do not become pairs
    assert "number of tokens" in found.note.plain("en")
