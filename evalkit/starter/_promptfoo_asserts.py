# SPDX-License-Identifier: Apache-2.0
"""Assertions of promptfoo as graders: each kind is one, and looks at the rows that have it.

What a row asserts stands in its `item`; a row without it is not scored by that grader and counted
as left out, so one kind's share is of the rows that assert it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.core.printable import excerpt
from evalkit.starter.carried import Left

__all__ = ["Checks"]

_MOST = 5  # of a kind in one test
_OUTPUT = "{{sample.output_text}}"
_STRINGS = {"equals": "eq", "not-equals": "ne", "contains": "like", "icontains": "ilike"}
_ALL_OF = {"contains-all": "contains", "icontains-all": "icontains"}
_SIMILAR = {"rouge-n": "rouge_1", "bleu": "bleu", "gleu": "gleu", "meteor": "meteor"}
_RUBRICS = {
    "llm-rubric": "Does the answer meet this requirement?",
    "model-graded-closedqa": "Does the answer meet this criterion?",
    "factuality": "Do the facts of the answer agree with this reference?",
    "model-graded-factuality": "Do the facts of the answer agree with this reference?",
}
_GRADING_MODEL = "gpt-4.1-mini"


class Checks:
    """The kinds of assertion that were met, and how often."""

    def __init__(self, left: Left) -> None:
        self._left = left
        self._met: Counter[str] = Counter()
        self._bounds: dict[str, set[float]] = {}
        self._json = False

    def of(self, assertions: Sequence[Any]) -> tuple[str | None, dict[str, Any]]:
        """What the row expects, and the item that its graders read."""
        item: dict[str, Any] = {}
        expected: str | None = None
        rubric: str | None = None
        for one in self._flat(assertions):
            kind, value = str(one.get("type", "")), one.get("value")
            if kind in ("is-json", "contains-json"):
                self._json = True
                item.setdefault("json", True)
                if value:
                    self._left.add(f"the schema of {kind}: scorers: {{json_schema: …}} takes one")
                continue
            for base, text in self._texts(kind, value):
                name = self._placed(base, item)
                if name is None:
                    self._left.add(f"more than {_MOST} assertions `{base}` of one test")
                    continue
                item[name] = text
                self._met[name] += 1
                self._noted(name, base, one.get("threshold"))
                if base in _RUBRICS:
                    rubric = rubric or text
                elif not base.startswith("not-"):
                    expected = expected or text
        return expected or rubric, item

    def scorers(self) -> dict[str, Any]:
        """Name to grader."""
        return {self._name(name): self._grader(name) for name, _ in self._met.most_common()}

    def metrics(self) -> list[str]:
        """What the suite asks for, that of most rows first."""
        names = [self._name(name) for name, _ in self._met.most_common()]
        return [*names, *(["json_valid"] if self._json else [])]

    def _flat(self, assertions: Sequence[Any]) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for one in assertions:
            if not isinstance(one, Mapping):
                self._left.add("an assertion that is no mapping")
                continue
            if one.get("type") == "assert-set":
                self._left.add("the threshold of an assert-set: its assertions stand alone")
                found += self._flat(one.get("assert") or ())
                continue
            for key in ("weight", "metric", "transform", "provider", "config"):
                if key in one:
                    self._left.add(f"`{key}` of assertions")
            found.append(one)
        return found

    def _texts(self, kind: str, value: Any) -> list[tuple[str, str]]:
        """The grader's kind and text of an assertion; several for `contains-all`."""
        if kind in _ALL_OF and isinstance(value, list):
            return [(_ALL_OF[kind], str(one)) for one in value]
        if kind in _STRINGS or kind in _SIMILAR or kind in _RUBRICS:
            if isinstance(value, list | Mapping):
                return [(kind, json.dumps(value, ensure_ascii=False))]
            if value is None or not str(value).strip():
                self._left.add(f"assertions `{kind}` without a value")
                return []
            if str(value).startswith("file://"):
                self._left.add(f"the file of an assertion `{kind}`")
                return []
            return [(kind, str(value))]
        if kind == "similar" and isinstance(value, str) and value.strip():
            self._left.add("`similar` by embeddings: rouge_l stands for it, without its threshold")
            return [("similar", value)]
        hint = {
            "python": ": use: python:checks.py:grade",
            "javascript": ": write it as python:checks.py:grade",
            "latency": ": a gate such as `model latency <= 2000 ms` says it",
            "cost": ": a gate such as `model cost <= 1.2x base` says it",
        }.get(kind, "")
        self._left.add(f"assertions of the type `{excerpt(kind, 40)}`{hint}")
        return []

    def _placed(self, base: str, item: Mapping[str, Any]) -> str | None:
        name = base.replace("-", "_")
        places = [name, *(f"{name}_{k}" for k in range(2, _MOST + 1))]
        return next((place for place in places if place not in item), None)

    def _noted(self, name: str, base: str, threshold: Any) -> None:
        if base in _SIMILAR and isinstance(threshold, int | float):
            self._bounds.setdefault(name, set()).add(float(threshold))
        elif threshold is not None and base != "similar":
            self._left.add(f"`threshold` of assertions `{base}`")

    def _name(self, item: str) -> str:
        return f"{item}_check"

    def _grader(self, name: str) -> dict[str, Any]:
        base = name.rstrip("0123456789").rstrip("_") if name[-1].isdigit() else name
        kind = base.replace("_", "-")
        reference = f"{{{{item.{name}}}}}"
        if kind in _STRINGS:
            return {"type": "string_check", "name": name, "input": _OUTPUT,
                    "reference": reference, "operation": _STRINGS[kind]}  # fmt: skip
        if kind in _SIMILAR or kind == "similar":
            grader = {"type": "text_similarity", "name": name, "input": _OUTPUT,
                      "reference": reference,
                      "evaluation_metric": _SIMILAR.get(kind, "rouge_l")}  # fmt: skip
            bounds = self._bounds.get(name, set())
            if len(bounds) == 1:
                return {**grader, "pass_threshold": next(iter(bounds))}
            if bounds:
                self._left.add(f"thresholds of `{kind}` that differ from test to test")
            return grader
        told = f"{_RUBRICS[kind]}\n\n{reference}\n\nThe answer:\n\n{_OUTPUT}"
        return {
            "type": "label_model",
            "name": name,
            "model": _GRADING_MODEL,
            "input": [{"role": "user", "content": told}],
            "labels": ["pass", "fail"],
            "passing_labels": ["pass"],
        }
