# SPDX-License-Identifier: Apache-2.0
"""A function as a model: `python:my_model.py:answer` or `python:package.module:answer`.

The function takes, by name, what it wants of `messages` (the conversation so far), `prompt` (the
text of its last message), `request` (all of it) and `settings` (max_tokens, temperature, seed and
what the suite adds). It returns a text, a mapping such as `{"text": ..., "usage": {...}}` or a
`evalkit.core.exchange.Reply`, and may be asynchronous.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from evalkit.core.errors import EndedError, EvalkitError, UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import excerpt
from evalkit.core.python_file import function_named, said_by
from evalkit.models._answers import ABLE, asked, reply_of
from evalkit.models._echoed import Keys
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
    function, source = function_named(model, folder)
    name = model.rpartition(":")[2]
    wanted = _wanted(function, model)
    seconds = spec.options.get("timeout")
    shown = f"python:{excerpt(model)}"
    keys = Keys(spec)

    def raised(said: str) -> RequestError:
        return RequestError(f"{shown} raised {keys.hidden(said)}")

    async def answer(request: Request) -> Reply:
        given = _given(request)
        try:
            async with asyncio.timeout(seconds):
                said = await _called(function, {key: given[key] for key in wanted})
                return keys.out_of(reply_of(said))
        except (EvalkitError, EndedError):
            raise
        except TimeoutError:
            if seconds is None:  # the function's own
                raise raised("TimeoutError") from None
            raise TimedOutError(f"{shown} gave no answer within {seconds:g} s") from None
        except (Exception, SystemExit, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and _cancelled():
                raise
            raise raised(str(error) if isinstance(error, _LeftError) else said_by(error)) from None

    yield Provided(
        answer=answer,
        identity=f"python {name} {source}",
        logprobs=True,
        capabilities=ABLE,
    )


def _cancelled() -> bool:
    """Whether it was us who gave up, not the function."""
    task = asyncio.current_task()
    return task is None or bool(task.cancelling())


async def _called(function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  an object whose call is a coroutine
    ):
        return await _awaited(function(**given))
    value = await asyncio.to_thread(_in_thread, function, given)
    return await _awaited(value) if inspect.isawaitable(value) else value


async def _awaited(coming: Awaitable[Any]) -> Any:
    """What comes of it.

    A KeyboardInterrupt would leave the loop with all its tasks pending. That of the keyboard stops
    the run by a signal that is heard elsewhere; the rare second one within these lines is lost.
    """
    try:
        return await coming
    except KeyboardInterrupt as error:
        raise _LeftError(said_by(error)) from None


class _LeftError(Exception):
    """What a function in a thread raised that a future cannot carry to the loop."""


def _in_thread(function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """Call it.

    SystemExit and KeyboardInterrupt (which here is never that of the keyboard) would end the loop
    and with it every other question; StopIteration no future takes, and its waiter waits for ever.
    """
    try:
        return function(**given)
    except StopIteration as error:
        raise _LeftError(said_by(error)) from None
    except Exception:
        raise
    except BaseException as error:  # noqa: BLE001
        raise _LeftError(said_by(error)) from None


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
