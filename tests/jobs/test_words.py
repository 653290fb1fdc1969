# SPDX-License-Identifier: Apache-2.0
"""Providers' words as ours; bounds of their APIs as data."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.jobs.job import ENDED
from evalkit.jobs.providers._fireworks_reading import job_in as fireworks
from evalkit.jobs.providers._neutral import number
from evalkit.jobs.providers._openai_reading import job_in
from evalkit.jobs.providers.mistral import _job as mistral
from evalkit.jobs.providers.together import _job as together
from evalkit.jobs.services import Bounds, service
from evalkit.jobs.words import count, instant, metrics_in, state_of, step_in

openai = partial(job_in, target="openai")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("validating_files", "validating"),
        ("notRunning", "queued"),
        ("Pending", "queued"),
        ("canceled", "cancelled"),
        ("succeeded", "succeeded"),
        ("paused", "paused"),
        ("expired", "failed"),
        ("deleted", "cancelled"),
    ],
)
def test_states(said, ours):
    assert state_of(said, ended=False) == ours


@given(st.text())
def test_an_unknown_state_is_running_until_it_has_an_end(said):
    if state_of(said, ended=True) != state_of(said, ended=False):
        assert state_of(said, ended=True) == "failed"
        assert state_of(said, ended=False) == "running"
    assert state_of("", ended=True) in ENDED


@pytest.mark.parametrize(
    ("read", "document", "state"),
    [
        (openai, {"id": "j", "finished_at": 5, "fine_tuned_model": "ft:m"}, "succeeded"),
        (openai, {"id": "j", "finished_at": 5}, "failed"),
        (openai, {"id": "j", "finished_at": 5, "fine_tuned_model": "ft:m",
                  "error": {"code": "x", "message": "no"}}, "failed"),
        (openai, {"id": "j"}, "running"),
        (mistral, {"id": "j", "fine_tuned_model": "ft:m"}, "succeeded"),
        (mistral, {"id": "j"}, "running"),
        (fireworks, {"name": "a/j", "completedTime": "2026-11-21T00:00:00Z"}, "failed"),
        (fireworks, {"name": "a/j"}, "running"),
        (together, {"id": "j"}, "running"),
    ],
)  # fmt: skip
def test_a_word_that_nobody_documents(read, document, state):
    found = read({**document, "status": "evaporated", "state": "JOB_STATE_EVAPORATED"})
    assert (found.state, found.known) == (state, False)
    assert read({**document, "status": "RUNNING" if read is mistral else "running",
                 "state": "JOB_STATE_RUNNING"}).known  # fmt: skip


@given(ANYTHING)
def test_whatever_stands_there_numbers_are_numbers(value):
    found = metrics_in(value)
    assert all(isinstance(one, float) and math.isfinite(one) for one in found.values())
    assert count(value) is None or count(value) >= 0
    assert instant(value) is None or instant(value) > 0


def test_the_step_in_a_message():
    assert step_in("Step 91/101: training loss=0.04, validation loss=1.5e-05") == (
        91,
        {"train_loss": 0.04, "valid_loss": 1.5e-05},
    )
    text = "Step 5/9: training loss=0.1, validation loss=0.2, full validation loss=0.3"
    assert step_in(text)[1] == {"train_loss": 0.1, "valid_loss": 0.2, "full_valid_loss": 0.3}
    assert step_in("Fine-tuning job started") == (None, {})


@given(st.text())
def test_any_message_is_read(text):
    step, metrics = step_in(text)
    assert step is None or step >= 0
    assert all(map(math.isfinite, metrics.values()))


def test_names_of_metrics_are_those_of_the_results_file():
    data = {"step": 3, "train_mean_token_accuracy": 0.5, "train_loss": True, "total_steps": 9}
    assert metrics_in(data) == {"train_accuracy": 0.5}


@pytest.mark.parametrize(
    ("bounds", "taken", "refused", "said"),
    [
        (Bounds(methods=("sft",), whole=True, least=1, most=50), [1, 50, 3.0], [0, 51, 1.5, "a"],
         "a whole number from 1 up to 50"),
        (Bounds(methods=("sft",), above=0, most=2), [0.1, 2], [0, -1, 2.1], "a number above 0 up to 2"),
        (Bounds(methods=("rft",), words=("low", "high")), ["low"], ["x", 3], "low | high"),
    ],
)  # fmt: skip
def test_bounds(bounds, taken, refused, said):
    assert all(map(bounds.allow, taken))
    assert not any(map(bounds.allow, refused))
    assert str(bounds) == said


def test_azure_is_as_openai_but_for_what_it_says():
    openai, azure = service("openai"), service("azure")
    assert openai.direct_bytes == 512_000_000
    assert azure.direct_bytes == 150_000_000
    assert azure.hyperparameters == openai.hyperparameters
    assert azure.metadata == {}
    assert service("nobody").hyperparameters == {}
    assert Decimal(str(openai.hyperparameters["compute_multiplier"].above)) == Decimal("0.00001")


@pytest.mark.parametrize("value", [10**400, -(10**400), math.inf, math.nan, 1e301, True, "1", None])
def test_what_is_no_number_of_metrics(value):
    assert number(value) is None
    assert metrics_in({"train_loss": value}) == {}


def test_a_step_beyond_all_steps_is_none():
    assert count(2**53) == 2**53
    assert count(10**400) is None


def test_a_loss_beyond_all_numbers_is_none():
    assert step_in("Step 7/9: training loss=1e999, validation loss=2") == (7, {"valid_loss": 2.0})
