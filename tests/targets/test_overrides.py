# SPDX-License-Identifier: Apache-2.0
"""What a configuration says of models, over the registry."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date, datetime, timedelta

import pytest

from evalkit.core.config import configured
from evalkit.core.errors import UsageError
from evalkit.core.resources import schema
from evalkit.targets.load import model_named, target_named
from evalkit.targets.overrides import KEYS, Overrides, current, using

TODAY = date(2026, 11, 21)


def over(key, table, origin="team/evalkit.toml"):
    return using(Overrides(models={key: table}, origin=origin))


def test_a_known_figure_is_changed_and_says_who_changed_it():
    before = model_named("gpt-4.1-mini")
    price = {"usd_per_mtok": 4.5, "as_of": TODAY}
    with over("gpt-4.1-mini", {"training": price, "training_limit": 65_536, "as_of": TODAY}):
        card = model_named("ft:gpt-4.1-mini-2025-04-14:acme::1")
        assert card.training.usd_per_mtok == "4.50"
        assert (card.training.source, card.training.as_of) == ("evalkit.toml", TODAY)
        assert card.training_limit == 65_536
        assert card.source_of("training_limit").source == "evalkit.toml"
        # What is not overridden keeps what it was and who said it.
        assert card.source_of("retires") == before.source_of("retires")
        assert card.source_of("context") == before.source_of("context")
        assert card.tuned_inference == before.tuned_inference
        assert target_named("openai").models[card.name].training_limit == 65_536
    assert model_named("gpt-4.1-mini") == before
    assert current().models == {}


def test_a_model_of_ones_own_like_one_of_the_same_target():
    table = {"like": "gpt-4.1-nano", "as_of": "2026-11-21", "tokenizer": "llama-3"}
    del table["tokenizer"]
    with over("azure/Support-Base", table):
        card = model_named("azure/support-base")
        like = model_named("azure/gpt-4.1-nano")
        assert (card.name, card.target) == ("Support-Base", "azure")
        assert card.trainings == like.trainings
        assert card.hosting == like.hosting
        assert card.retires == like.retires
        assert card.source_of("context") == like.source_of("context")


def test_of_another_target_only_what_belongs_to_the_model_is_taken():
    with over("together/mine", {"like": "openai/gpt-4.1-mini"}):
        card = model_named("mine")
        like = model_named("gpt-4.1-mini")
        assert (card.encoding, card.context, card.images) == (
            like.encoding,
            like.context,
            like.images,
        )
        assert card.source_of("context") == like.source_of("context")
        assert card.methods == like.methods
        assert (card.trainings, card.tuned_inference, card.inference) == ((), None, None)
        assert (card.retires, card.last_training, card.hosting_free) == (None, None, None)


def test_a_model_without_a_likeness_takes_the_ends_of_its_target():
    with over("openai/house", {"encoding": "o200k_base", "retires": "2026-12-01", "as_of": TODAY}):
        card = model_named("openai/house")
        assert card.last_training == date(2026, 12, 1)  # gone before the target's last day
        assert card.new_customers_until == date(2026, 5, 7)
        assert card.source_of("new_customers_until").source.startswith("https://")


def test_several_prices_and_own_days():
    table = {
        "as_of": TODAY,
        "source": "our contract",
        "methods": ["sft", "preference"],
        "training": [
            {"usd_per_mtok": "3", "method": "sft", "tier": "global"},
            {"usd_per_mtok": 12, "method": "preference", "currency": "EUR", "minimum": 4},
        ],
        "hosting": {"usd_per_hour": 1.7, "as_of": date(2026, 1, 2)},
        "hosting_free": {"value": False, "as_of": "2026-01-02"},
        "images": {"kind": "tiles", "base": 85, "tile": 170},
    }
    with over("azure/x", table):
        card = model_named("azure/x")
    assert [(p.usd_per_mtok, p.method, p.currency, p.minimum) for p in card.trainings] == [
        ("3.00", "sft", "USD", None),
        ("12.00", "preference", "EUR", "4.00"),
    ]
    assert {p.source for p in card.trainings} == {"our contract"}
    assert card.hosting[0].as_of == date(2026, 1, 2)
    assert card.source_of("hosting_free").as_of == date(2026, 1, 2)
    assert card.images.tile == 170


@pytest.mark.parametrize(
    ("key", "table", "words"),
    [
        ("azure/x", {"training": {"usd_per_mtok": "3.00"}}, "`training` has no `as_of`"),
        ("azure/x", {"context": 5}, "`context` has no `as_of`"),
        ("azure/x", {"retires": {"value": "2027-01-01"}}, "`retires` has no `as_of`"),
        ("azure/x", {"context": 5, "as_of": "soon"}, "`soon` is no day"),
        ("azure/x", {"as_of": TODAY, "contxt": 5}, "unknown key `contxt`; did you mean `context`"),
        (
            "azure/x",
            {"as_of": TODAY, "training": {"usd_per_mtk": 5}},
            "`training`: unknown key `usd_per_mtk`; did you mean `usd_per_mtok`",
        ),
        (
            "azure/x",
            {"as_of": TODAY, "training": {"usd_per_mtok": "a lot"}},
            "`a lot` is not a sum with two places",
        ),
        ("azure/x", {"as_of": TODAY, "training": {"usd_per_mtok": -1}}, "is not a sum"),
        ("azure/x", {"as_of": TODAY, "context": 0}, "`context"),
        ("azure/x", {"as_of": TODAY, "images": {"kind": "tiles"}}, "'base' is a required property"),
        ("azure/x", {"encoding": "o201k"}, "o201k"),
        ("azure/x", {"like": "gpt-4.1-mimi"}, "did you mean `gpt-4.1-mini`"),
        ("azure/x", {"like": "together/nothing"}, "`like`: no model named"),
        ("azure/x", {"as_of": TODAY, "retires": "2027-13-01"}, "`retires`: `2027-13-01` is no day"),
        ("azure/x", {"as_of": TODAY, "last_training": {"value": 5}}, "`5` is no day"),
        ("azure/x", {"as_of": TODAY, "retires": {}}, "`retires`: `None` is no day"),
        ("nowhere", {"encoding": "o200k_base"}, "whose model is that"),
        ("azrue/x", {"encoding": "o200k_base"}, "whose model is that"),
    ],
)
def test_what_cannot_be_understood_is_one_line(key, table, words):
    with over(key, table), pytest.raises(UsageError, match=words) as caught:
        model_named("azure/x")
    assert caught.value.message.startswith("team/evalkit.toml: [models.")
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_a_price_of_hosting_says_that_it_is_not_free():
    assert model_named("gpt-4.1-mini").hosting_free
    with over("gpt-4.1-mini", {"as_of": TODAY, "hosting": {"usd_per_hour": 1}}):
        card = model_named("gpt-4.1-mini")
        assert (card.hosting_free, card.hosting[0].usd_per_hour) == (None, "1.00")
    with over(
        "gpt-4.1-mini", {"as_of": TODAY, "hosting": {"usd_per_hour": 1}, "hosting_free": True}
    ):
        assert model_named("gpt-4.1-mini").hosting_free


def test_a_text_that_looks_like_a_day_may_be_a_name():
    with over("azure/x", {"as_of": TODAY, "replacement": "2026-11-21"}):
        assert model_named("azure/x").replacement == "2026-11-21"


def test_names_are_printable():
    with over("a\x1b[31m", {"encoding": "o200k_base"}), pytest.raises(UsageError) as caught:
        model_named("azure/x")
    assert "\x1b" not in str(caught.value)


def test_other_targets_are_not_touched():
    with over("azure/x", {"encoding": "o201k"}):
        assert model_named("openai/gpt-4.1-mini").target == "openai"
        with pytest.raises(UsageError):
            target_named("azure")


def test_threads_see_what_their_context_has():
    with over("azure/x", {"encoding": "o200k_base"}), ThreadPoolExecutor(1) as pool:
        inside = pool.submit(copy_context().run, model_named, "azure/x").result()
        assert inside.encoding == "o200k_base"
        with pytest.raises(UsageError):
            pool.submit(model_named, "azure/x").result()


def test_the_configuration_and_the_registry_know_the_same_keys():
    of_config = schema("config")["properties"]["models"]["additionalProperties"]["properties"]
    of_target = schema("target")["$defs"]["model"]["properties"]
    assert set(of_config) == set(KEYS) == {"like", *of_target}
    for key, name in (("training", "price"), ("hosting", "hourly"), ("inference", "answers")):
        known = set(schema("target")["$defs"][name]["properties"])
        assert set(of_config[key]["properties"]) == known
        assert set(of_config[key].get("items", of_config[key])["properties"]) == known


def test_toml_of_every_kind_reaches_the_registry(tmp_path):
    file = tmp_path / "evalkit.toml"
    file.write_text(
        '[models."azure/support-base"]\nlike = "gpt-4.1-mini"\nas_of = 2026-11-21\n'
        "training_limit = 65_536\nhosting_free = false\nretires = 2027-03-01\n"
        'training = [{ usd_per_mtok = 5.5, tier = "global" }, { usd_per_mtok = "6.60" }]\n'
        '[models."gpt-4o".context]\nvalue = 64_000\nas_of = "2026-11-01"\nsource = "a mail"\n',
        "utf-8",
    )
    found = configured(file)
    with using(Overrides(models=found.values["models"], origin=str(file))):
        card = model_named("azure/support-base")
        assert [one.usd_per_mtok for one in card.trainings] == ["5.50", "6.60"]
        assert (card.training_limit, card.hosting_free) == (65_536, False)
        assert card.last_training == date(2027, 3, 1)
        assert model_named("gpt-4o").source_of("context").source == "a mail"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[models."azure/x"]\nlik = "a"', "unknown key `lik`; did you mean `like`"),
        ('[models."azure/x"]\ncontext = "12"', "must be of type integer or object"),
        ('[models."azure/x"]\ncontext = true', "must be of type integer or object"),
        ('[models."azure/x"]\ntraining = { usd = 1 }', "unknown key `usd`"),
        ('[models."azure/x"]\ntraining = [{ usd_per_mtok = true }]', "must be of type string or number"),
        ('[models."azure/x"]\nmethods = ["sftt"]', "not one of its values"),
        ('[models."azure/x"]\nencoding = 2026-01-01', "must be of type string"),
        ("models = 3", "must be of type object"),
    ],
)  # fmt: skip
def test_a_configuration_of_the_wrong_shape_is_refused_at_once(tmp_path, text, words):
    file = tmp_path / "evalkit.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=words):
        configured(file)


def test_a_day_to_come_is_refused():
    today = datetime.now().astimezone().date()
    ahead = today + timedelta(days=2)
    for table in (
        {"context": 5, "as_of": ahead},
        {"as_of": ahead.isoformat(), "tokenizer": "llama-3"},
        {"context": {"value": 5, "as_of": ahead}},
        {"training": {"usd_per_mtok": "3.00", "as_of": ahead.isoformat()}},
    ):
        with over("azure/x", table), pytest.raises(UsageError, match="still to come") as refused:
            model_named("azure/x")
        assert ahead.isoformat() in refused.value.message
    near = today + timedelta(days=1)  # it has begun somewhere
    with over("azure/x", {"context": 5, "as_of": near}):
        assert model_named("azure/x").source_of("context").as_of == near
