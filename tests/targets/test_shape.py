# SPDX-License-Identifier: Apache-2.0
"""Files of third parties: one clear line for each thing that is wrong."""

import pytest

from evalkit.core import registry
from evalkit.core.errors import EvalkitError
from evalkit.targets import load
from evalkit.targets.load import model_named, target_named
from evalkit.targets.shape import problem

HEAD = 'title = "Acme"\nas_of = 2026-11-01\nsource = "https://acme.example/docs"\nformats = ["openai-chat"]\n'


@pytest.fixture
def target(tmp_path, monkeypatch):
    """Makes a target `acme` of that TOML."""

    def made(text):
        path = tmp_path / "acme.toml"
        path.write_text(text, "utf-8")

        class Point:
            name, value, dist = "acme", "acme:path", None

            def load(self):
                return path

        monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [Point()])
        for cached in (registry.foreign, load._foreign, load._table, load._target):
            cached.cache_clear()

    yield made
    for cached in (registry.foreign, load._foreign, load._table, load._target):
        cached.cache_clear()


def test_a_good_one(target):
    target(
        HEAD + '[models.acme-1]\ntokenizer = "llama-3"\n'
        'training = [{ usd_per_mtok = "1.00", tier = "lora", minimum = "4.00", as_of = 2026-11-01, source = "a mail" }]\n'
        'hosting = { usd_per_hour = "2.00", as_of = 2026-11-01, source = "a mail" }\n'
        'hosting_free = { value = false, as_of = 2026-11-01, source = "a mail" }\n'
        '[training]\nas_of = 2026-11-01\nsource = "a mail"\nmax_epochs = { value = 9, as_of = 2026-01-01, source = "x" }\n'
        "epochs = { default = 2 }\nbatch = { default = 8 }\n"
    )
    card = model_named("acme/acme-1")
    assert card.trainings[0].minimum == "4.00"
    assert card.hosting[0].usd_per_hour == "2.00"
    assert card.hosting_free is False
    training = target_named("acme").training
    assert (training.epochs.default, training.epochs.source) == (2, "a mail")
    assert (training.batch.default, training.max_epochs) == (8, 9)
    assert training.source_of("max_epochs").source == "x"
    assert training.source_of("epochs").source == training.source_of("cut").source == "a mail"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = 3 4", "is not valid: "),
        ('title = "Acme"', "'.+' is a required property"),
        (HEAD + "limts = 3", "unknown key `limts`; did you mean `limits`"),
        (HEAD + '[training]\ncut = "end"', "`training`: 'as_of' is a required property"),
        (HEAD + "[models.a]\ncontex = 5", "`models.a`: unknown key `contex`; did you mean `context`"),
        (HEAD + "[models.a]\ncontext = -5", "`models.a.context`"),
        (HEAD + '[models.a]\nretires = "soon"', "`soon` is not a day"),
        (HEAD + '[models.a]\nretires = "2027-01-14"', "`models.a.retires`: .+ without quotes"),
        (HEAD.replace("2026-11-01", '"2026-11-01"'), "`as_of`: .+ without quotes"),
        (
            HEAD + '[models.a.context]\nvalue = 5\nas_of = "2026-13-01"\nsource = "x"',
            "`models.a.context.as_of`: .+ without quotes",
        ),
        (
            HEAD + '[models.a]\ntraining = { usd_per_mtok = "5", as_of = 2026-11-01, source = "x" }',
            "`5` is not a sum with two places",
        ),
        (HEAD + '[models.a.inference]\ninput = "1.00"\noutput = "2.00"', "'as_of' is a required property"),
        (HEAD + '[training.batch]\nshare = "0.1"\ndefault = 3', "`training"),
        (HEAD + '[models.a]\n"" = 3', "unknown key ``"),
        (HEAD + '[models.a]\n"\\u001b[31m" = 3', "unknown key `"),
        ("a" * 3 + "=[" * 5000, "is not valid"),
    ],
)  # fmt: skip
def test_a_bad_one_is_one_line(target, text, words):
    target(text)
    with pytest.raises(EvalkitError, match=words) as caught:
        target_named("acme")
    assert "acme.toml is not valid: " in caught.value.message
    assert "\n" not in caught.value.message
    assert "\x1b" not in caught.value.message
    assert caught.value.hint == "its shape: evalkit schema target"
    assert caught.value.exit_code == 2


def test_what_is_right_has_no_problem():
    assert problem({"encoding": "o200k_base"}, "model") is None
    assert problem({"encoding": "x"}, "model").startswith("`encoding`: ")
