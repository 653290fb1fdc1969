# SPDX-License-Identifier: Apache-2.0
"""SCH016."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.result import JSON_CONTAINERS, FileReport
from evalkit.lint.rule import rule

__all__ = ["layout_not_taken"]


@rule(
    "SCH016",
    scope="file",
    severity="error",
    en="the rows are `{layout}`, but the target reads {formats}; convert them first",
    zh="数据格式是 `{layout}`，而目标平台只读 {formats}；请先转换",
)
def layout_not_taken(file: FileReport, *, target_formats: tuple[str, ...] = ()) -> Iterator[Fault]:
    """## What it does
    Finds files whose row layout the target does not read (its list `formats`). Tables are converted in
    any case and left alone.
    ## Why is this bad?
    The upload is refused, or every row is taken for something else.
    ## References
    The layouts of each target, with source and date: `evalkit/targets`.
    """
    taken = file.format is None or file.format in target_formats
    if target_formats and not taken and file.container in JSON_CONTAINERS:
        formats = ", ".join(f"`{name}`" for name in target_formats)
        yield Fault(args={"layout": file.format, "formats": formats})
