# SPDX-License-Identifier: Apache-2.0
"""What the tests of the trainer share: rows, a folder with an order, whether torch is here."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from pathlib import Path

import pytest

from evalkit.jobs.training.folder import Folder

HERE = Path(__file__).resolve().parent
FILES = ("file-" + "a" * 32, "file-" + "b" * 32)


def _chat(*turns, system="Sort it.", **more):
    """A row of chat: user and assistant in turn."""
    said = [{"role": "system", "content": system}] if system else []
    for at, text in enumerate(turns):
        said.append({"role": ("user", "assistant")[at % 2], "content": text})
    return {"messages": said, **more}


def jsonl(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture(scope="session")
def chat():
    """Makes a row: `chat("Hi", "yes", system="Sort it.")`."""
    return _chat


@pytest.fixture(scope="session")
def stub():
    """The module with the trainer that needs no torch."""
    spec = importlib.util.spec_from_file_location("stub_trainer", HERE / "stub_trainer.py")
    sys.modules["stub_trainer"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def ordered(tmp_path):
    """Lays down an order and its files: `ordered(rows, validation, n_epochs=2)` is its folder."""

    def make(rows=None, validation=None, *, number="0" * 16, **hyperparameters):
        files = tmp_path / "local" / "files"
        files.mkdir(parents=True, exist_ok=True)
        rows = [_chat("Hi", "yes"), _chat("Ho", "no")] if rows is None else rows
        for name, part in zip(FILES, (rows, validation), strict=True):
            if part is not None:
                text = part if isinstance(part, str) else jsonl(part)
                (files / f"{name}.jsonl").write_text(text, encoding="utf-8")
        weights = tmp_path / "model.gguf"
        weights.write_bytes(b"GGUF")
        digest = hashlib.sha256(b"GGUF").hexdigest()
        folder = Folder(tmp_path / "local" / f"ftlocal-{number}")
        folder.path.mkdir()
        folder.draft(
            {
                "id": folder.id,
                "created": 1.0,
                "model": "smollm2",
                "method": "sft",
                "training_file": FILES[0],
                "validation_file": FILES[1] if validation is not None else None,
                "hyperparameters": {"n_epochs": 2, **hyperparameters},
                "suffix": None,
                "seed": None,
                "metadata": {},
                "weights": {"path": str(weights), "sha256": digest},
                "machine": {},
            }
        )
        return folder

    return make


@pytest.fixture(scope="session")
def torch():
    """torch and its company, and the model; skipped where they are not, or failed if required."""
    from evalkit.core.errors import EvalkitError
    from evalkit.jobs.training.needs import check

    try:
        check("smollm2")
    except EvalkitError as error:
        if os.environ.get("EVALKIT_REQUIRE_TRAIN") == "1":
            raise
        pytest.skip(f"no training here: {error.message}")
    import torch

    return torch
