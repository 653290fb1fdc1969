# SPDX-License-Identifier: Apache-2.0
from datetime import date

import pytest

from evalkit.core import registry
from evalkit.core.errors import EvalkitError, UsageError
from evalkit.targets import load
from evalkit.targets.load import model_named, target_named, target_names


@pytest.mark.parametrize(
    ("name", "target", "card"),
    [
        ("gpt-4.1-mini", "openai", "gpt-4.1-mini-2025-04-14"),
        ("openai/gpt-4.1-mini", "openai", "gpt-4.1-mini-2025-04-14"),
        ("openai/gpt-4.1-mini-2025-04-14", "openai", "gpt-4.1-mini-2025-04-14"),
        ("gpt-4.1", "openai", "gpt-4.1-2025-04-14"),
        ("azure/gpt-4.1", "azure", "gpt-4.1-2025-04-14"),
        (" GPT-4o-mini ", "openai", "gpt-4o-mini-2024-07-18"),
        ("gpt-3.5-turbo", "openai", "gpt-3.5-turbo-0125"),
        ("gpt-3.5-turbo-0613", "openai", "gpt-3.5-turbo-0613"),
        ("ft:gpt-3.5-turbo-0613:acme:law:8abc", "openai", "gpt-3.5-turbo-0613"),
        ("openai/ft:gpt-4o-mini-2024-07-18:acme::8abc", "openai", "gpt-4o-mini-2024-07-18"),
        ("ft:gpt-4.1-mini", "openai", "gpt-4.1-mini-2025-04-14"),
        ("ada:ft-personal-2023-03-01-12-00-00", "openai", "ada"),
        ("davinci", "openai", "davinci"),
        ("davinci-002", "openai", "davinci-002"),
    ],
)
def test_names_of_models(name, target, card):
    found = model_named(name)
    assert (found.target, found.name) == (target, card)


@pytest.mark.parametrize(
    "name",
    ["gpt-4.1-mimi", "gpt-4o-mini-2024-07-19", "", "openai/", "together/x", "ft:", "ft:x", "a/b"],
)
def test_unknown_models(name):
    with pytest.raises(UsageError) as caught:
        model_named(name)
    assert name in caught.value.message
    assert caught.value.hint


def test_near_names_are_told():
    with pytest.raises(UsageError, match=r"did you mean `gpt-4\.1-mini`") as caught:
        model_named("gpt-4.1-mimi")
    assert "gpt-4.1-mini" in caught.value.hint


def test_answers_of_a_tuned_model_have_their_own_price():
    base, tuned = model_named("gpt-4.1-mini"), model_named("ft:gpt-4.1-mini-2025-04-14:a::b")
    assert (base.inference.input, base.inference.output) == ("0.40", "1.60")
    assert (tuned.inference.input, tuned.inference.output) == ("0.80", "3.20")
    assert base.tuned_inference == tuned.inference


def test_dates_of_the_wind_down():
    openai = target_named("openai")
    assert openai.new_customers_until == date(2026, 5, 7)
    assert openai.dormant_until == date(2026, 7, 2)
    assert openai.last_training == date(2027, 1, 6)
    assert model_named("gpt-4o").retires == date(2027, 1, 14)
    assert model_named("gpt-4o").last_training == date(2027, 1, 6)
    assert model_named("gpt-3.5-turbo").last_training == date(2026, 10, 23)  # gone before
    assert model_named("azure/gpt-4.1-mini").retires == date(2027, 10, 14)
    assert model_named("azure/gpt-4.1-mini").last_training == date(2027, 4, 14)
    assert model_named("azure/gpt-4.1-mini").source_of("retires").as_of == date(2026, 9, 2)
    assert model_named("azure/o4-mini").new_customers_until == date(2026, 11, 19)
    assert model_named("gpt-3.5-turbo").source_of("last_training") == model_named("ada").source_of(
        "retires"
    )


def test_the_limit_and_price_of_2023():
    card = model_named("gpt-3.5-turbo-0613")
    assert (card.training_limit, card.encoding) == (4096, "cl100k_base")
    assert (card.training.usd_per_mtok, card.training.as_of.year) == ("8.00", 2023)


def test_what_is_unknown_stays_unknown():
    assert model_named("gpt-4.1-mini").training_limit is None
    assert model_named("azure/gpt-4.1").training is None
    assert model_named("bedrock-nova/amazon.nova-lite-v1:0").training is None
    assert model_named("gpt-4o").replacement == "gpt-6-luna"
    assert model_named("gpt-3.5-turbo").replacement is None
    assert model_named("o4-mini").training is None
    assert model_named("o4-mini").training_per_hour.usd_per_hour == "100.00"


@pytest.mark.parametrize("name", target_names())
def test_every_model_is_known_by_the_name_that_is_listed(name):
    for listed, card in target_named(name).models.items():
        assert model_named(f"{name}/{listed}") == card
        assert model_named(f"{name}/{listed}".upper()) == card


def test_an_owner_may_be_called_as_a_target_is():
    with pytest.raises(UsageError, match="`openai/gpt-oss-20b` is known at openai") as refused:
        model_named("openai/gpt-oss-20b")
    assert refused.value.hint.endswith("of that name: together/openai/gpt-oss-20b")
    assert model_named("together/openai/gpt-oss-20b").name == "openai/gpt-oss-20b"
    with pytest.raises(UsageError, match="no model named `openai/gpt-oss-21b` is known"):
        model_named("openai/gpt-oss-21b")


def test_unknown_target():
    with pytest.raises(UsageError, match="did you mean `together`"):
        target_named("togehter")
    assert target_named("Bedrock_Nova").name == "bedrock-nova"


class Point:
    value = "a_plugin:path"
    dist = None

    def __init__(self, name, loaded):
        self.name, self.loaded = name, loaded

    def load(self):
        if isinstance(self.loaded, Exception):
            raise self.loaded
        return self.loaded


@pytest.fixture
def plugins(monkeypatch):
    def forget():
        registry.foreign.cache_clear()
        load._foreign.cache_clear()

    def use(*points):
        monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: list(points))
        forget()

    yield use
    forget()


def test_a_target_of_a_third_party(tmp_path, plugins):
    path = tmp_path / "acme.toml"
    path.write_text(
        'title = "Acme"\nas_of = 2026-11-01\nsource = "https://acme.example/docs"\nformats = ["openai-chat"]\n'
        '[models."acme-1"]\nencoding = "o200k_base"\n'
        'training = { usd_per_mtok = "1.00", as_of = 2026-11-01, source = "https://acme.example" }\n',
        "utf-8",
    )
    plugins(Point("acme", path), Point("later", lambda: str(path)))
    assert {"acme", "later", "openai"} <= set(target_names())
    assert model_named("acme/acme-1").training.usd_per_mtok == "1.00"
    assert model_named("acme-1").target == "acme"


def test_a_broken_plug_in_is_one_warning(tmp_path, plugins):
    plugins(Point("broken", ValueError("no")))
    with pytest.warns(UserWarning, match="does not load"):
        assert "openai" in target_names()
    plugins(Point("odd", 42))
    with pytest.warns(UserWarning, match="left out: TypeError"):
        assert "odd" not in target_names()
    (tmp_path / "bad.toml").write_text("title = 3 4", "utf-8")
    plugins(Point("bad", tmp_path / "bad.toml"))
    with pytest.raises(EvalkitError, match="not valid"):
        target_named("bad")


def test_the_environment_may_name_no_package(tmp_path, plugins, monkeypatch):
    monkeypatch.setenv("EVALKIT_PLUGINS", "")
    plugins(Point("broken", ValueError("no")))
    assert "broken" not in target_names()


def test_an_unknown_model_gets_a_few_near_names_and_where_to_look():
    with pytest.raises(UsageError) as refused:
        model_named("gpt-4.1-mimi")
    names, _, where = refused.value.hint.partition("; ")
    assert 1 <= len(names.removeprefix("near names: ").split(", ")) <= 3
    assert "evalkit models" in where
    with pytest.raises(UsageError) as refused:
        model_named("qqqqqqqq")
    assert refused.value.hint == "`evalkit models` lists all that are known"


def test_a_trainer_has_no_models_on_record():
    with pytest.raises(UsageError, match="trl has no models on record") as refused:
        model_named("trl/foo")
    assert "none" not in refused.value.hint
    assert "--target trl" in refused.value.hint
    assert "--tokenizer" in refused.value.hint
