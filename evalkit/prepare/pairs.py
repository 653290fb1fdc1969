# SPDX-License-Identifier: Apache-2.0
"""Reads any file as prompts and completions; what is not one says why and keeps its line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from evalkit.core.example import Broken, Example
from evalkit.data.convert import convert_each
from evalkit.data.formats._layout import Layout
from evalkit.data.loss import FEATURES
from evalkit.data.read import DataSet
from evalkit.data.recognise import kind_of, layout
from evalkit.lint.phrase import Phrase
from evalkit.prepare.plan import shown
from evalkit.prepare.proposal import Facts, Pair, Pairs

__all__ = ["COLUMNS", "read_pairs"]

COLUMNS = ("prompt", "completion")
_TABLES = ("csv", "tsv", "xlsx", "parquet")
_ROLES = {"prompt": "user", "completion": "assistant"}


def read_pairs(data: DataSet, keep: Literal["first", "last"] = "first") -> Pairs:
    """Every row in memory: what all of them have in common is asked again and again.

    It takes the size of the texts and some 150 bytes a row.

    Raises:
        InputError: The file is gone, or its archive is damaged.
    """
    facts = Facts(container=data.container, encoding=data.encoding)
    if data.container in _TABLES:
        named = {role: data.columns.get(role, "") for role in _ROLES.values()}
        facts.renamed = {
            named[role]: new for new, role in _ROLES.items() if named[role] not in ("", new)
        }
    reader = _Reader(facts)
    rows = [pair for example in data if (pair := reader.pair(example)) is not None]
    return Pairs(rows, facts, keep)


class _Reader:
    """Makes pairs of examples and notes what it had to do for that."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._wanted = layout("prompt-completion")

    def pair(self, example: Example) -> Pair | None:
        """The pair of a row; None where there is none, which is noted."""
        line = example.location.line or 0
        value = example.value
        if (broken := example.broken) is not None:
            if broken.kind == "blank":
                return None
            value = broken.recovered
            if not isinstance(value, dict):
                self._facts.set_aside[line] = _reason(broken)
                return None
            self._facts.mended[line] = _reason(broken)
        if example.cells or self._facts.container in _TABLES:
            return self._of_table(example, line)
        return self._of_row(value, line, example)

    def _of_table(self, example: Example, line: int) -> Pair | None:
        said = {message.role: message.text for message in example.messages}
        for name in (*(["system"] if said.get("system") else []), *example.fields):
            self._dropped(name)
        return Pair(said.get("user", ""), said.get("assistant", ""), line)

    def _of_row(self, value: Mapping[str, Any], line: int, example: Example) -> Pair | None:
        spelled = {new: _key(value, new) for new in COLUMNS}
        if spelled["completion"] is None or spelled["prompt"] is None:
            return self._of_other_layout(value, line, example)
        if any(isinstance(value[key], list | dict) for key in spelled.values() if key is not None):
            return self._of_other_layout(value, line, example)
        texts = {}
        for new, key in spelled.items():
            if key is not None:
                texts[new] = self._text(value[key], line)
                if key != new:
                    self._facts.renamed[key] = new
        for key in value:
            if key not in spelled.values():
                self._dropped(key)
        return Pair(texts["prompt"], texts["completion"], line)

    def _of_other_layout(
        self, value: Mapping[str, Any], line: int, example: Example
    ) -> Pair | None:
        """A row of chat, Alpaca or the like: what does not fit into a pair is noted as lost."""
        known = example.format if isinstance(example.format, Layout) else kind_of(value)
        if known is None:
            if isinstance(value.get("text"), str) and len(value) == 1:
                return Pair("", value["text"], line)
            self._facts.set_aside[line] = _lacking(value)
            return None
        if known.name == "trl-text":
            self._facts.layout = known.name
            return Pair("", self._text(value.get("text"), line), line)
        made = convert_each(Example(example.location, example.raw, value, known), self._wanted)
        if made.row is None:
            self._facts.set_aside[line] = Phrase(made.reason, made.reason)
            return None
        self._facts.layout = known.name
        for feature in {loss.feature for loss in made.losses if loss.kind == "lost"}:
            if feature == "fields":
                continue
            words = FEATURES[feature].words
            self._facts.lost[words] = self._facts.lost.get(words, 0) + 1
        for name in [loss.pointer for loss in made.losses if loss.feature == "fields"]:
            self._dropped(name)
        return Pair(
            self._text(made.row["prompt"], line), self._text(made.row["completion"], line), line
        )

    def _text(self, value: Any, line: int) -> str:
        """The text of a value; null is none, other scalars are spelled as in JSON."""
        if isinstance(value, str):
            return value
        if value is None:
            return ""
        if not self._facts.spelled or self._facts.spelled[-1] != line:
            self._facts.spelled.append(line)
        return json.dumps(value, ensure_ascii=False)

    def _dropped(self, name: str) -> None:
        self._facts.dropped[name] = self._facts.dropped.get(name, 0) + 1


def _key(value: Mapping[str, Any], wanted: str) -> str | None:
    """The key of that name: as it is, else but for case and blanks."""
    if wanted in value:
        return wanted
    return next((key for key in value if key.strip().lower() == wanted), None)


def _reason(broken: Broken) -> Phrase:
    reason = broken.args.get("reason", broken.kind)
    return Phrase(reason, broken.args.get("reason_zh", reason))


def _lacking(value: Mapping[str, Any]) -> Phrase:
    named = ", ".join(shown(str(key), 20) for key in list(value)[:6]) or "{}"
    return Phrase(f"no prompt and completion in {named}", f"{named} 中没有 prompt 和 completion")
