# SPDX-License-Identifier: Apache-2.0
"""Prices of the optional library: what it is taken for, and that it stays offline."""

import socket
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from evalkit.targets import library_prices
from evalkit.targets.library_prices import library_answers, priced
from evalkit.targets.load import model_named, target_named, target_names

TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    def refused(*_, **__):
        raise AssertionError("nothing may be sent")

    monkeypatch.setattr(socket, "create_connection", refused)
    monkeypatch.setattr(socket.socket, "connect", refused)
    library_answers.cache_clear()
    yield
    library_answers.cache_clear()


def test_without_the_package_nothing_is_known(monkeypatch):
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    assert library_answers("openai", "gpt-5.5") is None
    card = model_named("gpt-3.5-turbo-0613")
    assert priced(card) is card


@pytest.mark.parametrize("version", ["0.2.2", "0.0.73"])
def test_an_older_one_is_not_read(monkeypatch, version):
    library = pytest.importorskip("genai_prices")
    monkeypatch.setattr(library, "__version__", version)
    assert library_answers("openai", "gpt-4o") is None


class TestWithIt:
    @pytest.fixture(autouse=True)
    def installed(self):
        pytest.importorskip("genai_prices")

    def test_a_base_model(self):
        found = library_answers("openai", "gpt-4o", today=TODAY)
        assert (found.input, found.cached, found.output) == ("2.50", "1.25", "10.00")
        assert (found.batch_input, found.batch_output) == ("1.25", "5.00")
        assert found.as_of >= date(2026, 11, 10)
        assert found.source.startswith("genai-prices 0.")
        assert "gpt-4o" in found.source

    def test_prices_of_long_prompts_are_left_aside(self):
        found = library_answers("openai", "gpt-5.5", today=TODAY)
        assert (found.input, found.output) == ("5.00", "30.00")

    def test_no_price_for_batches_is_none(self):
        assert library_answers("openai", "davinci-002", today=TODAY).batch_input is None

    @pytest.mark.parametrize(
        ("provider", "model"),
        [("openai", "no-such-model"), ("nobody", "gpt-4o"), ("openai", "ft:gpt-4o-mini:a::b"),
         ("bailian", "qwen3-14b"), ("openai", "")],
    )  # fmt: skip
    def test_unknown_stays_unknown(self, provider, model):
        assert library_answers(provider, model, today=TODAY) is None

    def test_it_agrees_with_what_is_on_record(self):
        compared = 0
        for name in target_names():
            for card in target_named(name).models.values():
                found = library_answers(name, card.name, today=TODAY)
                if found is None or card.inference is None:
                    continue
                for key in ("input", "output"):
                    ours, theirs = getattr(card.inference, key), getattr(found, key)
                    assert Decimal(ours) == Decimal(theirs), (name, card.name, key)
                compared += 1
        assert compared >= 20

    def test_only_what_is_not_on_record_is_taken(self):
        known = model_named("gpt-4.1-mini")
        assert priced(known, today=TODAY) is known
        card = priced(model_named("gpt-3.5-turbo-0613"), today=TODAY)
        assert card.inference.input == "1.50"
        assert card.inference.source.startswith("genai-prices")
        tuned = replace(card, inference=None, name="no-such-model")
        assert priced(tuned, today=TODAY).inference is None


def test_it_is_not_loaded_with_the_module():
    assert "genai_prices" not in vars(library_prices)
