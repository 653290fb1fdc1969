# SPDX-License-Identifier: Apache-2.0
"""Did the model choose the right option?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._choices import chosen_by_position, options_in, read_choice
from evalkit.scorers._failed import failed
from evalkit.scorers._options import checked_by

__all__ = ["multiple_choice"]


def _check(options: Mapping[str, Any], where: str) -> None:
    given = options.get("choices")
    if given is not None and not given:
        raise UsageError(
            f"{where}: `choices` is empty",
            "name them, such as [A, B, C, D], or leave it out: then questions list them",
        )


@scale("share", binary=True)
@checked_by(_check)
def multiple_choice(
    reply: Reply,
    expected: str,
    question: str,
    *,
    choices: Sequence[str] | Mapping[str, str] | None = None,
) -> Score:
    """1 if the reply chooses the expected option, or exactly the expected ones ("AC"), else 0.

    Read as "B", "(B)", "B. Rome", "Answer: B", "the answer is B", 选B, 答案是B, as the option's own
    text, or as the one letter that stands by itself. Options are those that the question lists
    ("A. Paris" on lines of their own or behind each other). No choice: 0 with no answer. A failed
    request, or an expected answer that is no option: NaN.

    Args:
        reply: The answer.
        expected: Letters or a number, or the option's text.
        question: Last message before the answer.
        choices: The options, where questions list none: letters, or letter to text.
    """
    if error := failed(reply):
        return error
    options = _given(choices) or options_in(question)
    wanted = _read(expected, options)
    if not wanted:
        return Score(nan, why=f"expected `{excerpt(expected)}`, which is no option")
    made = _read(reply.text, options)
    if not made:
        why = "no choice in the answer" if reply.text.strip() else "no text"
        return Score(0.0, why=why)
    return Score(float(made == wanted), answer=", ".join(made))


def _given(choices: Sequence[str] | Mapping[str, str] | None) -> dict[str, str]:
    if choices is None:
        return {}
    if isinstance(choices, Mapping):
        return {str(key).upper(): str(text) for key, text in choices.items()}
    return dict.fromkeys((str(key).upper() for key in choices), "")


def _read(text: str, options: Mapping[str, str]) -> tuple[str, ...]:
    """The choices of a text, as the options have them: "2" of lettered options is B."""
    keys = read_choice(text, options)
    if keys or not options:
        return keys
    keys = read_choice(text, {})
    found = [chosen_by_position(key, list(options)) for key in keys]
    return tuple(sorted(key for key in found if key)) if all(found) else ()
