# SPDX-License-Identifier: Apache-2.0
"""Counts by a `tokenizer.json` that the user names, through the Hugging Face package.

Only that file is read, from this disk. No special token is added; but where a text of the data
spells one, such as <|im_start|>, it counts as that one token: trainers render a conversation and
then tokenize the whole, so that is what becomes of it. (The lint rule on role markers reports it.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from evalkit.core.errors import InputError, MissingExtraError
from evalkit.core.printable import printable
from evalkit.tokens.frame import ASSUMED, FRAMES, Frame

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Engine

__all__ = ["count", "frame_of", "loaded"]

_HINT = "name the file `tokenizer.json` that lies beside the model's weights, or a family's name"
_BATCH = 1 << 20  # characters that are counted at a time: what the engine makes of them is large
_LARGEST = 1 << 28  # bytes; the largest known have 33 MB

# Tokens that only one template has, most telling first, and the family whose frame that is.
_MARKS = (
    (("<|im_start|>", "<think>"), "qwen-3"),
    (("<|im_start|>",), "qwen-2.5"),
    (("<|start_header_id|>", "<|python_tag|>"), "llama-3.1"),
    (("<|start_header_id|>",), "llama-3"),
    (("[INST]", "[SYSTEM_PROMPT]"), "mistral-tekken"),
    (("[INST]",), "mistral-v3"),
    (("<start_of_turn>",), "gemma-3"),
    (("<｜User｜>",), "deepseek-v3"),
)

_T = TypeVar("_T")


class Loaded(NamedTuple):
    """A tokenizer, and the frame that its special tokens tell."""

    engine: Engine
    frame: Frame


def loaded(path: str) -> Loaded:
    """The tokenizer in a file; the same one as long as the file stays the same.

    Raises:
        InputError: It is not there, or no tokenizer.json.
        MissingExtraError: The package that reads it is not installed.
    """
    try:
        facts = Path(path).stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such file"
        raise InputError(f"{printable(path)} cannot be read: {reason}", _HINT) from error
    return _loaded(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=4)
def _loaded(path: str, changed: int, size: int) -> Loaded:
    del changed  # another file by the same name
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise MissingExtraError(
            "tokenizers", extra="tokenizers", purpose="count by a tokenizer.json"
        ) from None
    name = printable(path)
    try:
        body = b"" if size > _LARGEST else Path(path).read_bytes()
        facts = json.loads(body)
        model = facts.get("model") if isinstance(facts, dict) else None
        engine = _guarded(lambda: Tokenizer.from_buffer(body)) if model else None
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}", _HINT) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name} is no tokenizer.json: it is no JSON", _HINT) from error
    except Exception as error:
        reason = printable(" ".join(str(error).split()))[:200]
        raise InputError(f"{name} is no tokenizer.json: {reason}", _HINT) from error
    if engine is None:
        raise InputError(f'{name} is no tokenizer.json: it has no "model"', _HINT)
    engine.no_truncation()
    engine.no_padding()
    return Loaded(engine, _frame(facts))


def frame_of(path: str) -> Frame:
    """What stands around texts: of the known template whose special tokens the file has."""
    return loaded(path).frame


def _frame(facts: dict[str, Any]) -> Frame:
    added = facts.get("added_tokens")
    listed = added if isinstance(added, list) else []
    tokens = {one.get("content") for one in listed if isinstance(one, dict)}
    for marks, family in _MARKS:
        if tokens.issuperset(marks):
            return FRAMES[family]
    return ASSUMED


def count(texts: Sequence[str], path: str) -> list[int]:
    """Tokens of each text by the tokenizer in a file; lone surrogates count as U+FFFD.

    Raises:
        InputError: The tokenizer fails on them.
    """
    engine = loaded(path).engine
    counts: list[int] = []
    for batch in _batches(texts):
        try:
            found = _guarded(partial(engine.encode_batch, batch, add_special_tokens=False))
        except Exception as error:
            reason = printable(" ".join(str(error).split()))[:200]
            raise InputError(
                f"the tokenizer {printable(path)} fails on these texts: {reason}", _HINT
            ) from error
        counts += [len(one.ids) for one in found]
    return counts


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(_whole(text))
        size += len(text)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _whole(text: str) -> str:
    """The text, with what is no character replaced as tiktoken does it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _guarded(call: Callable[[], _T]) -> _T:
    """The call's result; a panic of the engine, which is no `Exception`, becomes one."""
    try:
        return call()
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError("the engine failed") from error
