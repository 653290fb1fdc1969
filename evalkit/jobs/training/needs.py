# SPDX-License-Identifier: Apache-2.0
"""What training on this machine needs, and the line that gets what is missing."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from evalkit.core.errors import MissingExtraError, UsageError
from evalkit.core.printable import excerpt
from evalkit.models._weights import SMOLLM2, find_weights

__all__ = ["PACKAGES", "check", "install_line", "missing_packages"]

PACKAGES = ("torch", "transformers", "peft", "gguf")
# On Linux PyPI's torch brings gigabytes of CUDA, unless the plain build is there first: the index
# of CPU builds is named on https://pytorch.org/get-started/locally/, as of 2026-11.
_CPU_FIRST = "pip install torch --index-url https://download.pytorch.org/whl/cpu"
_ALL = 'pip install "evalkit-ft[local,train]"'


def missing_packages() -> tuple[str, ...]:
    """Packages of the extra that are not installed; nothing is imported."""
    return tuple(name for name in PACKAGES if find_spec(name) is None)


def check(model: str) -> Path:
    """Whether a model can be trained here; the model's file.

    Raises:
        MissingExtraError: A package is missing; the hint installs it.
        UsageError: No such model.
        MissingWeightsError: The model is not on this machine.
        InputError: EVALKIT_LOCAL_GGUF names a file that is not there.
    """
    if model != SMOLLM2.name:
        raise UsageError(
            f"no model `{excerpt(model)}` can be trained on this machine",
            f"use --model {SMOLLM2.name} (EVALKIT_LOCAL_GGUF=FILE puts another Llama in its place)",
        )
    if missing := missing_packages():
        raise _missing(missing)
    return find_weights()[0].absolute()


def install_line(packages: tuple[str, ...] = PACKAGES) -> str:
    """What installs them; on Linux without the gigabytes of CUDA that torch would bring."""
    if "torch" in packages and sys.platform == "linux":
        return f"{_CPU_FIRST} && {_ALL}"
    return _ALL


def _missing(packages: tuple[str, ...]) -> MissingExtraError:
    names = ", ".join(packages)
    error = MissingExtraError(names, extra="train", purpose="train on this machine")
    one = len(packages) == 1
    if not one:
        error.message = f"{names} are needed to train on this machine and are not installed"
    error.hint = f"install {'it' if one else 'them'}: {install_line(packages)}"
    return error
