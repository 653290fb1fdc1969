# SPDX-License-Identifier: Apache-2.0
"""The real model: one server for base and tuned, the same answers each time."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from math import exp, fsum
from pathlib import Path

import pytest

from evalkit.core.errors import InputError, MissingExtraError, UsageError
from evalkit.models import _engine
from evalkit.models._weights import MissingWeightsError
from evalkit.models.ask import ask_all
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec

LABELS = ("refund", "delivery", "billing", "login", "cancel", "praise")


def run(folder, uses, requests, store=None):
    """Open all models, ask each everything; replies by model, and how many servers there were."""

    async def go():
        async with AsyncExitStack() as stack:
            models = [
                await stack.enter_async_context(
                    open_model(parse_spec(use, where="test"), name=use, folder=folder)
                )
                for use in uses
            ]
            found = []
            for model in models:
                if store is not None:
                    results = await ask_all(model, requests, store)
                    found.append([reply for reply, _, _ in results])
                else:
                    found.append([await model.answer(request) for request in requests])
            return models, found, len(_engine._engines)

    result = asyncio.run(go())
    assert _engine._engines == {}  # let go of
    return result


@pytest.fixture(scope="session")
def adapter(root) -> Path:
    """The one that the project ships."""
    return root / "suites" / "support" / "tuned.gguf"


@pytest.mark.local
def test_answers_and_label_probabilities_are_the_same_each_time(weights, tmp_path, question):
    request = question("I want my money back", "Name the intent.", labels=LABELS, max_tokens=4)
    plain = question("The capital of France is", max_tokens=4)
    _, ((first, other, again),), _ = run(tmp_path, ["local:smollm2"], [request, plain, request])
    assert first == again
    assert tuple(first.probabilities) == LABELS
    assert fsum(first.probabilities.values()) == pytest.approx(1.0)
    assert all(p > 0 for p in first.probabilities.values())
    assert 0 <= first.covered <= 1
    assert first.usage.completion_tokens <= 4
    assert (other.probabilities, other.covered, other.positions) == (None, None, ())


@pytest.mark.local
def test_label_choice_is_the_models_own_softmax(weights, tmp_path, question):
    """Against raw log probabilities of many tokens: the choice request must not distort them."""
    labels = ("The", "It", "I")  # likely enough to stand among the raw alternatives
    request = question("Where is Paris?", labels=labels, max_tokens=1, top_logprobs=2_000)
    _, ((reply,),), _ = run(tmp_path, ["local:smollm2"], [request])
    raw = dict(reply.positions[0].top)
    mass = {label: exp(raw[label]) for label in labels}
    for label in labels:
        assert reply.probabilities[label] == pytest.approx(
            mass[label] / fsum(mass.values()), rel=1e-3
        )
    assert reply.covered == pytest.approx(fsum(mass.values()), rel=1e-6)


@pytest.mark.local
def test_labels_that_begin_alike_are_not_told_apart(weights, tmp_path, question):
    request = question("Hi", labels=("refund", "refunds"), max_tokens=1)
    _, ((reply,),), _ = run(tmp_path, ["local:smollm2"], [request])
    assert reply.probabilities is None
    assert reply.covered is not None


@pytest.mark.local
def test_what_was_asked_before_does_not_show(weights, adapter, question):
    """Each answer starts from the state of its own system message, never from the last question."""
    uses = ["local:smollm2", f"local:smollm2+{adapter.name}"]
    asked = [
        question(text, system, labels=LABELS, max_tokens=4, top_logprobs=5)
        for system in ("Name the intent.", "Sort the message in one word.", None)
        for text in ("Where is my parcel? Where is it?", "Where is my parcel?", "I cannot log in")
    ]
    _, forwards, _ = run(adapter.parent, uses, asked)
    _, backwards, _ = run(adapter.parent, uses[::-1], asked[::-1])
    assert [replies[::-1] for replies in backwards[::-1]] == forwards
    _, ((alone,),), _ = run(adapter.parent, uses[:1], asked[1:2])
    assert alone == forwards[0][1]


@pytest.mark.local
def test_only_a_few_states_are_kept_and_the_folder_goes(weights, tmp_path, question, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    systems = [f"Rule {n}." for n in range(10)]
    asked = [question("Hi", system, max_tokens=1) for system in [*systems, systems[0]]]
    _, (replies,), _ = run(tmp_path, ["local:smollm2"], asked)
    assert replies[0] == replies[-1]  # worked out again, the same
    assert list(tmp_path.glob("evalkit-states-*")) == []


@pytest.mark.local
def test_too_long_is_one_failed_answer(weights, tmp_path, question):
    _, ((long, short),), _ = run(
        tmp_path, ["local:smollm2"], [question("x " * 3_000), question("Hi", max_tokens=1)]
    )
    _, ((system,),), _ = run(tmp_path, ["local:smollm2"], [question("Hi", "x " * 3_000)])
    assert "the local model answered 400" in system.error
    assert long.finish == "error"
    assert "the local model answered 400" in long.error
    assert short.finish == "length"


@pytest.mark.local
def test_base_and_tuned_share_one_server(weights, adapter, store, question):
    uses = ["local:smollm2", f"local:smollm2+{adapter.name}"]
    asked = [question(text, labels=LABELS, max_tokens=6) for text in ("Money back!", "Login?")]
    models, (base, tuned), servers = run(adapter.parent, uses, asked, store)
    assert servers == 1
    assert models[0].identity != models[1].identity
    assert models[1].identity.startswith(models[0].identity)
    assert base != tuned
    # Alone, without the adapter beside it, the base says the same.
    assert run(adapter.parent, uses[:1], asked)[1][0] == base
    assert run(adapter.parent, uses[1:], asked)[1][0] == tuned
    assert store.states() == {"ok": 4}


@pytest.mark.local
def test_an_adapter_that_comes_later_starts_the_server_anew(weights, adapter, question):
    async def go():
        request = question("Hi", max_tokens=2)
        first = parse_spec("local:smollm2", where="test")
        second = parse_spec(f"local:smollm2+{adapter.name}", where="test")
        async with open_model(first, name="base", folder=adapter.parent) as base:
            before = await base.answer(request)
            async with open_model(second, name="tuned", folder=adapter.parent) as tuned:
                await tuned.answer(request)
                assert len(_engine._engines) == 1
                return before == await base.answer(request)

    assert asyncio.run(go())


@pytest.mark.local
def test_works_in_a_second_event_loop(weights, tmp_path, question):
    for _ in range(2):
        run(tmp_path, ["local:smollm2"], [question("Hi", max_tokens=1)])


@pytest.mark.local
@pytest.mark.parametrize(
    "raw", [b"GGUF", b"GGUF" + bytes(5_000), b"GGUF\x03\x00\x00\x00" + b"\xff" * 99]
)
def test_a_broken_adapter_is_one_line(weights, tmp_path, question, raw):
    (tmp_path / "broken.gguf").write_bytes(raw)
    with pytest.raises(InputError, match="does not load"):
        run(tmp_path, ["local:smollm2+broken.gguf"], [question("Hi")])


def test_a_broken_model_is_one_line(tmp_path, question):
    pytest.importorskip("xllamacpp")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(5_000))
    with pytest.raises(InputError, match="does not load"):
        run(tmp_path, ["local:broken.gguf"], [question("Hi")])
    (tmp_path / "text.gguf").write_bytes(b"hello")
    with pytest.raises(InputError, match="is no GGUF file"):
        run(tmp_path, ["local:text.gguf"], [question("Hi")])


def test_what_is_missing_says_how_to_get_it(tmp_path, question, monkeypatch):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("EVALKIT_LOCAL_GGUF", raising=False)
    monkeypatch.setattr("evalkit.models._weights._installed", lambda _weights: None)
    with pytest.raises(MissingWeightsError, match="evalkit local setup"):
        run(tmp_path, ["local:smollm2"], [])
    with pytest.raises(UsageError, match="no local model `qwen`"):
        run(tmp_path, ["local:qwen"], [])
    with pytest.raises(InputError, match="cannot read"):
        run(tmp_path, ["local:none.gguf"], [])


def test_without_the_engine(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "xllamacpp", None)
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    with pytest.raises(MissingExtraError) as caught:
        run(tmp_path, ["local:m.gguf"], [])
    assert caught.value.hint == 'install it: pip install "evalkit-ft[local]"'
