# SPDX-License-Identifier: Apache-2.0
"""Which layout is meant by a name: its own, or what a target reads best for such rows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from evalkit.core.errors import UsageError
from evalkit.core.example import Example
from evalkit.core.printable import excerpt
from evalkit.core.registry import names, suggestion
from evalkit.data.formats._layout import Layout
from evalkit.data.recognise import layout
from evalkit.targets.load import target_named, target_names

__all__ = ["has_answers", "layout_for"]

_ROWS = {"rft": "reinforcement rows", "preference": "rows with preferences"}


def layout_for(name: str, source: Layout | None = None, *, answered: bool = False) -> Layout:
    """The layout to write for a name.

    Of a target's layouts it is the first that trains what the rows are for: pairs stay pairs, and
    single answers with a verdict stay such. Where the target has none for them, it is the first for
    supervised training: of pairs the preferred answers are learned, of verdicts the good ones.

    Args:
        name: Of a layout ("sharegpt") or of a target ("together").
        source: The layout of the rows; None = rows for supervised training.
        answered: Whether reinforcement rows have answers, so that they can be learned from where
            the target has no layout for them.

    Raises:
        UsageError: Nothing of that name, a layout that is only read, or a target that has no layout
            for such rows.
    """
    wanted = name.strip().replace("_", "-")
    layouts, targets = _writable(), target_names()
    if wanted in targets:  # two of them are called like the layout that they prefer
        return _of_target(wanted, source, answered=answered)
    if wanted in layouts:
        return layout(wanted)
    known = sorted({*layouts, *targets})
    hint = f"layouts: {', '.join(layouts)}; or a target: {', '.join(targets)}"
    if wanted in names("formats"):
        raise UsageError(f"the layout `{wanted}` is only read, never written", hint)
    if wanted in names("writers"):
        raise UsageError(
            f"`{wanted}` is a container, not a layout",
            f"the suffix of the file says it, or --container {wanted}; {hint}",
        )
    raise UsageError(f"cannot write the layout `{excerpt(name)}`{suggestion(wanted, known)}", hint)


def _of_target(name: str, source: Layout | None, *, answered: bool) -> Layout:
    method = source.method if source is not None else "sft"
    judged = source is not None and source.judged
    if found := _alike(name, method, judged=judged):
        return found
    if (method != "rft" or answered) and (
        found := _alike(name, "sft") or _alike(name, "completion")
    ):
        return found
    have = [one for one in target_names() if _alike(one, method, judged=judged)]
    lacking = ", and these have no answer to learn from" if method == "rft" else ""
    raise UsageError(
        f"{name} has no layout for {_ROWS.get(method, 'such rows')}{lacking}",
        f"targets that have one: {', '.join(have) or 'none'}",
    )


def _alike(name: str, method: str, *, judged: bool = False) -> Layout | None:
    """The first layout of a target for that kind of rows."""
    found = (layout(one) for one in target_named(name).formats if one in names("formats"))
    alike = (one for one in found if (one.method, one.judged) == (method, judged))
    return next((one for one in alike if one.build is not None), None)


def has_answers(examples: Iterable[Example]) -> bool:
    """Whether one of the first 100 rows has an answer to learn from."""
    return any(
        isinstance(one.format, Layout) and one.format.conversation(one.value).reply
        for one in islice((one for one in examples if one.broken is None), 100)
    )


def _writable() -> list[str]:
    return [name for name in names("formats") if layout(name).build is not None]
