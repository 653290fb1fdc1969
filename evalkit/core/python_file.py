# SPDX-License-Identifier: Apache-2.0
"""A function of a Python file or module that the user names: it is code as the suite is."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.core.secrets import quoted

__all__ = ["function_named", "said_by"]

_SOURCE = "__evalkit_source__"


def function_named(text: str, folder: Path) -> tuple[Callable[..., Any], str]:
    """The function of `checks.py:polite` or `package.module:polite`, and a hash of its code.

    The file or module is run by that, with the rights of whoever runs evalkit.

    Args:
        text: Without `python:`; files are relative to `folder`.
        folder: Of the suite.

    Raises:
        UsageError: Not of that form, or no such function.
        InputError: The file or module cannot be imported.
    """
    place, _, name = text.rpartition(":")
    if not place or not name.isidentifier():
        raise UsageError(
            f"python:{excerpt(text)} names no function",
            "such as python:checks.py:polite or python:package.module:polite",
        )
    module, digest = _module(place, folder)
    function = getattr(module, name, None)
    if not callable(function):
        known = sorted(
            key
            for key, value in vars(module).items()
            if inspect.isfunction(value) and key[0] != "_" and value.__module__ == module.__name__
        )
        raise UsageError(
            f"{excerpt(place)} has no function `{name}`{suggestion(name, known)}",
            f"it has: {', '.join(known) or 'none'}",
        )
    return function, digest


def said_by(error: BaseException) -> str:
    """An error of the user's code in one printable line without secrets."""
    return quoted(" ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":"), 200)


def _module(place: str, folder: Path) -> tuple[ModuleType, str]:
    path = folder / place
    try:
        if place.endswith(".py"):
            return _from_file(path), hashlib.sha256(path.read_bytes()).hexdigest()
        module = importlib.import_module(place)
        file = getattr(module, "__file__", None)
        source = Path(file).read_bytes() if file else place.encode()
    except OSError as error:
        raise InputError(
            f"cannot read {excerpt(str(path), 200)}: {error.strerror}",
            "is the path right, from the suite's folder?",
        ) from error
    except (Exception, SystemExit) as error:
        raise InputError(
            f"cannot import {excerpt(place)}: {said_by(error)}", "does it import by itself?"
        ) from error
    return module, hashlib.sha256(source).hexdigest()


def _from_file(path: Path) -> ModuleType:
    # Named by its whole path: two files of one name in two folders are two modules.
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    name = f"_evalkit_{path.stem}_{digest}"
    source = hashlib.sha256(path.read_bytes()).hexdigest()
    known = sys.modules.get(name)
    if known is not None and getattr(known, _SOURCE, None) == source:
        return known  # unchanged: not run again
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    setattr(module, _SOURCE, source)
    sys.modules[name] = module  # dataclasses and pickle look it up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
