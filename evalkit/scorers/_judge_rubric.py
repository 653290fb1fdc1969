# SPDX-License-Identifier: Apache-2.0
"""What a judge is to look at: the rubrics that come with evalkit, a file, or a question alone."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.core.resources import resource
from evalkit.core.strings import Language

__all__ = ["RUBRICS", "Rubric", "rubric_of"]

RUBRICS = ("grounded", "policy")
_KEYS = ("title", "compare", "rate", "criteria", "lowest", "highest")
_DEFAULT: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "compare": "Which answer serves the user better?",
        "rate": "How well does the answer serve the user?",
        "lowest": "useless or wrong",
        "highest": "right, complete and clear",
    },
    "zh": {
        "compare": "哪个回答对用户更有帮助？",
        "rate": "这个回答对用户有多大帮助？",
        "lowest": "没有用处或有错误",
        "highest": "正确、完整、清楚",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """What the judge is asked, in one language.

    Attributes:
        name: "grounded v1", a file's name, or "" for a question alone.
        compare: The question of pairwise judging.
        rate: The question of pointwise judging.
        criteria: What counts; may be empty.
        lowest: What the lowest score means.
        highest: What the highest score means.
        digest: Of all of it: another rubric, another number.
    """

    name: str
    compare: str
    rate: str
    criteria: str
    lowest: str
    highest: str
    digest: str


def rubric_of(name: str | None, ask: str, *, language: Language, folder: Path) -> Rubric:
    """The rubric that a suite names, with its own question over it.

    Args:
        name: "grounded", "policy", a .toml file of the same shape, or a text file whose text is
            the criteria; None = none.
        ask: The suite's question, which takes the place of the rubric's; "" = none.
        language: Of the text; a file in one language only is taken as it is.
        folder: Where relative paths start.

    Raises:
        UsageError: No such rubric, or the file is none.
        InputError: The file cannot be read.
    """
    title, said = _read(name, language, folder)
    whole = {**_DEFAULT[language], **said}
    if ask:
        whole |= {"compare": ask, "rate": ask}
    parts = {key: whole.get(key, "").strip() for key in _KEYS if key != "title"}
    digest = hashlib.blake2b("\0".join([title, *parts.values()]).encode(), digest_size=8)
    return Rubric(name=title, digest=digest.hexdigest(), **parts)


def _read(name: str | None, language: Language, folder: Path) -> tuple[str, Mapping[str, str]]:
    if name is None:
        return "", {}
    if name in RUBRICS:
        return _table(resource("rubrics", f"{name}.toml").read_bytes(), name, language)
    path = folder / name
    if not path.suffix and not path.exists():
        raise UsageError(
            f"no rubric named `{excerpt(name)}`{suggestion(name, list(RUBRICS))}",
            f"known: {', '.join(RUBRICS)}; or a file: .toml, .md, .txt",
        )
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read the rubric {path}: {error.strerror}",
            "is the path right, relative to the suite?",
        ) from error
    if path.suffix == ".toml":
        return _table(raw, str(path), language)
    try:
        text = raw.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8", "save the rubric as UTF-8") from error
    if not text:
        raise UsageError(f"{path} is an empty rubric", "write what the judge is to look at")
    return path.name, {"criteria": text}


def _table(raw: bytes, place: str, language: Language) -> tuple[str, Mapping[str, str]]:
    try:
        document = tomllib.loads(raw.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            f"{place}: not valid TOML: {excerpt(str(error), 100)}", "mend it"
        ) from error
    sections = [document.get(key) for key in (language, *({"en", "zh"} - {language}))]
    found = next((part for part in sections if isinstance(part, dict)), None)
    if found is None:
        raise UsageError(
            f"{place}: a rubric has a table [en] or [zh]", f"with texts: {', '.join(_KEYS)}"
        )
    for key, value in found.items():
        if key not in _KEYS or not isinstance(value, str):
            raise UsageError(
                f"{place}: `{excerpt(str(key))}` is no text of a rubric"
                f"{suggestion(str(key), list(_KEYS))}",
                f"texts: {', '.join(_KEYS)}",
            )
    name: Any = document.get("name")
    version: Any = document.get("version")
    title = name if isinstance(name, str) and name.strip() else Path(place).stem
    return (f"{title} v{version}" if version is not None else title), found
