# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from evalkit.core.errors import MissingExtraError, UsageError
from evalkit.jobs.training import needs
from evalkit.jobs.training.settings import asked, machine_settings, settled


@pytest.mark.parametrize(
    ("rows", "epochs"), [(1, 25), (10, 10), (24, 4), (33, 3), (353, 3), (8_333, 3), (30_000, 1)]
)
def test_epochs_as_the_target_says(rows, epochs):
    assert settled(rows, {}).n_epochs == epochs


def test_what_is_left_open_is_filled_in():
    found = settled(100, {"n_epochs": "auto", "rank": "4"}, seed=11, machine={"threads": 2})
    assert (found.n_epochs, found.batch_size, found.rank, found.seed) == (3, 8, 4, 11)
    assert (found.max_tokens, found.threads, found.learning_rate_multiplier) == (2048, 2, 1.0)
    assert found.hyperparameters == {
        "n_epochs": 3, "batch_size": 8, "learning_rate_multiplier": 1.0, "layers": 8, "rank": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"beta": 0.1}, "no hyperparameter `beta`"),
        ({"n_epoch": 1}, "did you mean `n_epochs`"),
        ({"n_epochs": 0}, "n_epochs: 0 cannot be"),
        ({"n_epochs": 1.5}, "n_epochs: 1.5 cannot be"),
        ({"n_epochs": True}, "n_epochs: True cannot be"),
        ({"batch_size": "many"}, "batch_size: many cannot be"),
        ({"learning_rate_multiplier": "nan"}, "learning_rate_multiplier: nan cannot be"),
        ({"learning_rate_multiplier": -1}, "learning_rate_multiplier: -1 cannot be"),
    ],
)
def test_what_cannot_be(given, said):
    with pytest.raises(UsageError, match=said):
        asked(given)


def test_the_machine(monkeypatch):
    assert machine_settings() == {}
    monkeypatch.setenv("EVALKIT_TRAIN_THREADS", "2")
    monkeypatch.setenv("EVALKIT_TRAIN_DEVICE", "cpu")
    assert machine_settings() == {"threads": 2, "device": "cpu"}
    monkeypatch.setenv("EVALKIT_TRAIN_THREADS", "0")
    with pytest.raises(UsageError, match="EVALKIT_TRAIN_THREADS: 0"):
        machine_settings()


@pytest.mark.parametrize(
    ("system", "line"),
    [
        ("linux", "pip install torch --index-url https://download.pytorch.org/whl/cpu && "),
        ("darwin", ""),
        ("win32", ""),
    ],
)
def test_what_is_missing_is_one_line(monkeypatch, system, line):
    monkeypatch.setattr(needs, "find_spec", lambda name: None if name != "gguf" else name)
    monkeypatch.setattr(needs.sys, "platform", system)
    with pytest.raises(MissingExtraError) as found:
        needs.check("smollm2")
    assert found.value.message == (
        "torch, transformers, peft are needed to train on this machine and are not installed"
    )
    assert found.value.hint == f'install them: {line}pip install "evalkit-ft[local,train]"'


def test_on_linux_one_step_will_do_where_torch_is_there(monkeypatch):
    monkeypatch.setattr(needs.sys, "platform", "linux")
    assert needs.install_line(("peft",)) == 'pip install "evalkit-ft[local,train]"'


def test_only_the_local_model():
    with pytest.raises(UsageError, match=r"no model `gpt-4\.1` can be trained on this machine"):
        needs.check("gpt-4.1")
