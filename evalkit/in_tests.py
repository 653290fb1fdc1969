# SPDX-License-Identifier: Apache-2.0
"""What tests are written with: `evalkit.Suite`, `evalkit.rows` and `evalkit.normalise`.

Light on purpose: a test file is imported in every session, also where nothing of it runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Suite", "normalise", "rows"]


@dataclass(frozen=True, init=False)
class Suite:
    """A suite written in Python, for the fixture `evaluate`.

    It has the keys of a suite file and is checked as one, when it is evaluated. Relative paths
    start at the folder of the test file.

    Args:
        data: The held-out set.
        models: Name to specification, as in a suite file.
        name: Of its runs; that of the test file unless given.
        rest: Further keys of a suite file: train, task, labels, slices, metrics, compare, gates, …

    Attributes:
        document: What a suite file would hold.
    """

    document: Mapping[str, Any] = field(default_factory=dict)

    def __init__(
        self,
        data: str | Path,
        *,
        models: Mapping[str, Any],
        name: str | None = None,
        **rest: Any,
    ) -> None:
        own = {} if name is None else {"name": name}
        document = {"data": str(data), "models": dict(models), **own, **rest}
        object.__setattr__(self, "document", document)


def rows(
    path: str | Path,
    *,
    models: Mapping[str, Any] | None = None,
    suite: str | Path | None = None,
    max_tokens: int | None = None,
) -> Any:
    """Decorator: a test for every row of a small golden set.

    The test asks for `row` (with `id`, `line`, `messages`, `prompt`, `expected`, `fields`) and for
    `ask`, which gives a model's answer: `ask("tuned", row)`. A set of more than 500 rows is
    refused: rows are data and gates are tests, so that is a suite.

    Args:
        path: The data set, from the folder of the test file.
        models: Name to specification, for `ask`.
        suite: A suite file whose models `ask` knows; without both, the one suite file beside the
            test, where there is one. Other names are specifications: "openai/gpt-4.1-mini".
        max_tokens: Of an answer; as the suite says, or 256.
    """
    import pytest

    return pytest.mark.evalkit_rows(str(path), models=models, suite=suite, max_tokens=max_tokens)


def normalise(text: str, *, ignore_case: bool = True) -> str:
    """A text as two people would call it the same answer.

    NFKC, full-width and typographic punctuation folded, white space collapsed, ends trimmed.

    Args:
        text: Any.
        ignore_case: Fold the case too.
    """
    from evalkit.scorers._normalise import normalise as folded

    return folded(text, ignore_case)
