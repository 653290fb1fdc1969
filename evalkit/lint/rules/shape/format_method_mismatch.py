# SPDX-License-Identifier: Apache-2.0
"""SCH013."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.accumulators import Count
from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.result import FileReport
from evalkit.lint.rule import rule

__all__ = ["format_method_mismatch"]

_LEARNS = {"sft": ("sft", "completion", "text")}  # what a job of a method reads, beside its own


@rule(
    "SCH013",
    scope="file",
    only_with="wanted_method",
    severity="error",
    en="its rows are `{layout}`, for {method}, but the job is {wanted}; convert it, or change the method",
    zh="数据格式是 `{layout}`（用于 {method}），而任务方法是 {wanted}；请转换数据或更换方法",
)
def format_method_mismatch(example: Example, answered: Count, *, wanted_method: str = "") -> None:
    """## What it does
    Finds files whose layout is for another training method than the job's (`--method`): preference
    pairs for a supervised job, chats with their answers for a reinforcement job.
    ## Why is this bad?
    The upload works, and the job is refused.
    ## References
    OpenAI: "Input file X is in the fine-tune-chat format, but the job is not using 'supervised'
    (method=dpo)", and "Example 1 is missing key 'input'".
    """
    # Prompts alone are a chat layout too, and all that a reinforcement job needs.
    if wanted_method == "rft" and (turns := example.turns):
        answered.add(turns[-1].startswith("assistant"))


@format_method_mismatch.finish
def told(file: FileReport, answered: Count, *, wanted_method: str = "") -> Iterator[Fault]:
    """The file against the method that is wanted."""
    method = file.method
    if not wanted_method or method is None:
        return
    fits = method in _LEARNS.get(wanted_method, (wanted_method,))
    if wanted_method == "rft" and file.format == "openai-chat":
        fits = 2 * answered.value <= file.examples  # some rows that should not have an answer
    if not fits:
        yield Fault(args={"layout": file.format, "method": method, "wanted": wanted_method})
