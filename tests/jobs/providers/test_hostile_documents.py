# SPDX-License-Identifier: Apache-2.0
"""Whatever a provider answers becomes ours or an error of ours, never a crash."""

from __future__ import annotations

from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.errors import RemoteError
from evalkit.jobs.job import ENDED, Event, Job, RemoteFile

HOME = "evalkit.jobs.providers."
READERS = {
    "openai": [
        (HOME + "_openai_reading", name)
        for name in ("_job", "file_in", "event_in", "checkpoint_in")
    ],
    "together": [(HOME + "together", name) for name in ("_job", "_file")],
    "mistral": [(HOME + "mistral", name) for name in ("_job", "_file", "_points")],
    "fireworks": [
        (HOME + "_fireworks_reading", name)
        for name in ("job_in", "dataset_in", "tuned_in", "state_event")
    ],
}
# Names that the readers know, so that random values meet them.
NAMES = st.sampled_from(
    [
        "id", "name", "status", "state", "model", "created_at", "createTime", "updateTime", "data",
        "updated_at", "modified_at", "training_file", "training_files", "validation_files", "error",
        "hyperparameters", "trainingConfig", "lossConfig", "dpo", "beta", "training_method", "code",
        "method", "training_type", "progress", "estimate_available", "seconds_remaining", "events",
        "checkpoints", "metrics", "train_loss", "step_number", "metadata", "fine_tuned_model",
        "model_output_name", "processing_status", "validation_report", "bytes", "filename", "kind",
        "peftDetails", "expected_duration_seconds", "message", "type", "token_count", "random_seed",
    ]
)  # fmt: skip
WORDS = st.sampled_from(
    ["completed", "error", "SUCCESS", "FAILED", "JOB_STATE_FAILED", "JOB_STATE_COMPLETED", "x"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=8)
    | WORDS
    | st.just("2026-11-21T23:00:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def reader(module, name):
    read = import_module(module)
    if (module, name) == (HOME + "_openai_reading", "_job"):
        return lambda document: read.job_in(document, "openai")
    return getattr(read, name)


@pytest.mark.parametrize("provider", READERS)
@settings(max_examples=30)
@given(document=st.dictionaries(NAMES, VALUES, max_size=12))
def test_any_document(provider, document):
    for module, name in READERS[provider]:
        try:
            found = reader(module, name)(document)
        except RemoteError:
            continue
        if isinstance(found, Job):
            assert found.id
            assert found.ended == (found.state in ENDED)
            assert found.error is None or isinstance(found.error.message, str)
        elif isinstance(found, RemoteFile | Event):
            assert isinstance(found.id, str)


@settings(max_examples=40)
@given(st.binary(max_size=200))
def test_any_bytes_of_metrics(raw):
    steps_in = import_module(HOME + "_fireworks_reading").steps_in
    assert all(step >= 0 for step, _, _ in steps_in(raw))
