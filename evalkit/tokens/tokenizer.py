# SPDX-License-Identifier: Apache-2.0
"""What counts a model's tokens: an encoding of OpenAI's, a family's approximation, or a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from evalkit.core.errors import UsageError
from evalkit.core.registry import suggestion
from evalkit.tokens.encodings import ENCODINGS, count
from evalkit.tokens.families import FAMILIES
from evalkit.tokens.frame import EARLY_TURBO, OPENAI, Frame

__all__ = ["FAMILIES", "Frame", "Tokenizer", "tokenizer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenizer:
    """Counts the tokens of texts, and knows what stands around them.

    Attributes:
        name: As it was asked for.
        exact: Whether its counts are the model's own on every text.
        error: Of approximate counts: the relative error to expect of a file (95 of 100 are within
            it), such as 0.05; None = exact.
        frame: What the chat form spends around texts.
        counting: Texts and native threads to tokens.
    """

    name: str
    exact: bool
    error: float | None
    frame: Frame
    counting: Callable[[Sequence[str], int], list[int]] = field(repr=False, compare=False)

    def count(self, texts: Sequence[str], *, threads: int = 1) -> list[int]:
        """Tokens of each text, in order.

        Args:
            texts: Any strings; the text of special tokens counts as the ordinary text that it is.
            threads: Native threads where the engine has them; 0 = one per core.
        """
        return self.counting(texts, threads)


def tokenizer(name: str) -> Tokenizer:
    """The tokenizer of that name.

    Args:
        name: An encoding ("o200k_base"), a family ("llama-3": approximate), or the path of a
            `tokenizer.json` (it ends in .json or has a slash or backslash), which is read from
            this disk and counts as that tokenizer does.

    Raises:
        UsageError: No such encoding or family.
        InputError: The file is not there, or no tokenizer.json.
        MissingExtraError: A file is named and the package `tokenizers` is not installed.
    """
    if name.endswith(".json") or "/" in name or "\\" in name:
        from evalkit.tokens import _tokenizer_json

        _tokenizer_json.loaded(name)  # now, so that what is wrong with it is said now
        return Tokenizer(
            name=name,
            exact=True,
            error=None,
            frame=_tokenizer_json.frame_of(name),
            counting=partial(_by_file, name),
        )
    if name in ENCODINGS:
        return _of_encoding(name, name, OPENAI)
    if name == "gpt-3.5-turbo-0301":
        return _of_encoding(name, "cl100k_base", EARLY_TURBO)
    if name in FAMILIES:
        family = FAMILIES[name]
        return Tokenizer(
            name=name,
            exact=False,
            error=family.error,
            frame=family.frame,
            counting=partial(_by_family, name),
        )
    known = sorted({*ENCODINGS, *FAMILIES})
    raise UsageError(
        f"no tokenizer named `{name}`{suggestion(name, known)}",
        f"known: {', '.join(known)}; or the path of a tokenizer.json",
    )


def _of_encoding(name: str, encoding: str, frame: Frame) -> Tokenizer:
    counting = partial(_by_encoding, encoding)
    return Tokenizer(name=name, exact=True, error=None, frame=frame, counting=counting)


# Functions of this module, so that a tokenizer can be sent to another process.


def _by_encoding(encoding: str, texts: Sequence[str], threads: int) -> list[int]:
    return count(texts, encoding, threads=threads)


def _by_family(family: str, texts: Sequence[str], threads: int) -> list[int]:
    from evalkit.tokens._approximate import count as approximate

    return approximate(texts, FAMILIES[family], threads=threads)


def _by_file(path: str, texts: Sequence[str], threads: int) -> list[int]:
    del threads  # the engine has its own
    from evalkit.tokens._tokenizer_json import count as by_file

    return by_file(texts, path)
