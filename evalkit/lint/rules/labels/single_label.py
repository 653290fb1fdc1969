# SPDX-License-Identifier: Apache-2.0
"""LAB007."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.kinds import Same
from evalkit.lint.rule import rule
from evalkit.lint.texts import answer

__all__ = ["single_label"]


@rule(
    "LAB007",
    scope="file",
    methods=("sft", "completion"),
    severity="error",
    en="all {rows:,} answers are “{answer}”: the model would learn to say only that; take the column "
    "of the answers, or add rows with others",
    zh="全部 {rows:,} 条回答都是“{answer}”：模型只会学到这一句；请检查回答列是否取错，或补充其他回答的样本",
)
def single_label(example: Example, answers: Same) -> None:
    """## What it does
    Finds files of 10 examples and more in which every answer is the same text. Conversations with
    several answers count with all of them.
    ## Why is this bad?
    The model learns to give this answer to everything. Mostly a wrong column was taken, or a file
    holds the rows of one class only.
    ## References
    OpenAI's `prepare_data` stops at such files: "All completions are identical".
    """
    if answers.differ:
        return
    last = answer(example)
    one = sum(message.role == "assistant" for message in example.messages) == 1
    said = last.content if last is not None and one else None
    if said is None and not one and last is not None:
        said = "\0".join(m.text for m in example.messages if m.role == "assistant")
    answers.add(said or None)


@single_label.finish
def single(answers: Same, *, min_rows: int = 10) -> Iterator[Fault]:
    """Once for the file."""
    if answers.text is not None and answers.number >= min_rows:
        yield Fault(args={"rows": answers.number, "answer": answers.text.replace("\0", " … ")})
