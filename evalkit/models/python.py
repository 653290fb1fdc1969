# SPDX-License-Identifier: Apache-2.0
"""A function as a model: `python:my_model.py:answer` or `python:package.module:answer`.

The function takes, by name, what it wants of `messages` (the conversation so far), `prompt` (the
text of its last message), `request` (all of it) and `settings` (max_tokens, temperature, seed and
what the suite adds). It returns a text, a mapping such as `{"text": ..., "usage": {...}}` or a
`evalkit.core.exchange.Reply`, and may be asynchronous.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from evalkit.core.errors import EvalkitError, InputError, UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.core.secrets import quoted
from evalkit.models._answers import ABLE, asked, reply_of
from evalkit.models._faults import RequestError, TimedOutError
from evalkit.models._provided import Provided
from evalkit.models.spec import ModelSpec

__all__ = ["python"]

_GIVEN = ("messages", "prompt", "request", "settings")


@asynccontextmanager
async def python(model: str, spec: ModelSpec, folder: Path) -> AsyncIterator[Provided]:
    """Open a function. The suite names it, so it is code as the suite is.

    An ordinary function is called in a thread; one question at a time unless `concurrency` says
    more. What it raises is that question's error. `timeout` (seconds) gives up waiting; there is
    none by default, and an ordinary function that is given up runs on.

    Raises:
        UsageError: No such function, or it wants what nobody gives.
        InputError: The file or module cannot be imported.
    """
    place, _, name = model.rpartition(":")
    if not place or not name.isidentifier():
        raise UsageError(
            f"python:{excerpt(model)} names no function",
            "such as python:my_model.py:answer or python:package.module:answer",
        )
    module, source = _module(place, folder)
    function = _function(module, place, name)
    wanted = _wanted(function, model)
    seconds = spec.options.get("timeout")
    shown = f"python:{excerpt(model)}"

    async def answer(request: Request) -> Reply:
        given = _given(request)
        try:
            async with asyncio.timeout(seconds):
                return reply_of(await _called(function, {key: given[key] for key in wanted}))
        except EvalkitError:
            raise
        except TimeoutError:
            if seconds is None:  # the function's own
                raise RequestError(f"{shown} raised TimeoutError") from None
            raise TimedOutError(f"{shown} gave no answer within {seconds:g} s") from None
        except Exception as error:  # noqa: BLE001  whatever the user's function does
            said = quoted(" ".join(f"{type(error).__name__}: {error}".split()), 200)
            raise RequestError(f"{shown} raised {said}") from None

    yield Provided(
        answer=answer,
        identity=f"python {name} {source}",
        logprobs=True,
        capabilities=ABLE,
    )


async def _called(function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  an object whose call is a coroutine
    ):
        return await function(**given)
    value = await asyncio.to_thread(function, **given)
    return await value if inspect.isawaitable(value) else value


def _module(place: str, folder: Path) -> tuple[ModuleType, str]:
    """The module, and what tells its code from another."""
    path = folder / place
    try:
        if place.endswith(".py"):
            source = path.read_bytes()
            return _from_file(path), hashlib.sha256(source).hexdigest()
        module = importlib.import_module(place)
        file = getattr(module, "__file__", None)
        source = Path(file).read_bytes() if file else place.encode()
    except OSError as error:
        raise InputError(
            f"cannot read {excerpt(str(path), 200)}: {error.strerror}",
            "is the path right, from the suite's folder?",
        ) from error
    except (Exception, SystemExit) as error:
        said = quoted(" ".join(f"{type(error).__name__}: {error}".split()), 200)
        raise InputError(
            f"cannot import {excerpt(place)}: {said}", "does it import by itself?"
        ) from error
    return module, hashlib.sha256(source).hexdigest()


def _from_file(path: Path) -> ModuleType:
    # Named by its whole path: two files of one name in two folders are two modules.
    name = f"_evalkit_{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look it up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _function(module: ModuleType, place: str, name: str) -> Callable[..., Any]:
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
    return function  # type: ignore[no-any-return]


def _wanted(function: Callable[..., Any], model: str) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # of some built-in ones nobody knows it
        return ["messages"]
    wanted = []
    for parameter in parameters:
        if parameter.name in _GIVEN and parameter.kind is not parameter.POSITIONAL_ONLY:
            wanted.append(parameter.name)
        elif parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_KEYWORD,
            parameter.VAR_POSITIONAL,
        ):
            raise UsageError(
                f"python:{excerpt(model)} wants `{parameter.name}`, which nobody gives",
                f"it may take: {', '.join(_GIVEN)}",
            )
    return wanted


def _given(request: Request) -> Mapping[str, Any]:
    whole = asked(request)
    messages = whole.pop("messages")
    content = messages[-1].get("content") if messages else ""
    return {
        "messages": messages,
        "prompt": content if isinstance(content, str) else _joined(content),
        "request": request,
        "settings": whole,
    }


def _joined(parts: Any) -> str:
    if not isinstance(parts, list):
        return ""
    texts = (part.get("text") for part in parts if isinstance(part, Mapping))
    return "".join(text for text in texts if isinstance(text, str))
