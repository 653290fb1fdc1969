# SPDX-License-Identifier: Apache-2.0
"""FIL009."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.result import FileReport
from evalkit.lint.rule import rule

__all__ = ["file_too_large"]


@rule(
    "FIL009",
    scope="file",
    severity="error",
    en="the file has {size} bytes, more than the {limit} that can be uploaded; split it",
    zh="文件有 {size} 字节，超过可上传的 {limit} 字节；请拆分",
)
def file_too_large(file: FileReport, *, max_bytes: int = 0) -> Iterator[Fault]:
    """## What it does
    Finds files that are larger than the target takes: 512 MB at OpenAI, 200 MB at Bailian. Without a
    target, or with `max_bytes = 0`, nothing is too large. Of a packed file the packed bytes count.
    ## Why is this bad?
    The upload is refused, often after all of it was sent.
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## References
    The limits stand in the targets, each with its source and date.
    """
    if 0 < max_bytes < file.size:
        yield Fault(args={"size": f"{file.size:,}", "limit": f"{max_bytes:,}"})
