# SPDX-License-Identifier: Apache-2.0
"""The invented runs, loaded by path: tests are no package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load() -> ModuleType:
    path = Path(__file__).with_name("sample_run.py")
    spec = importlib.util.spec_from_file_location("sample_run", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sample_run"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """The module of invented runs: `samples.worse()`."""
    return _load()
