# SPDX-License-Identifier: Apache-2.0
"""The file is something else than JSONL in UTF-8."""

from __future__ import annotations

from evalkit.core.printable import excerpt
from evalkit.lint.phrase import Phrase
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["jsonl"]


@proposal(1, en="write tables and other encodings as JSONL", zh="把表格和其他编码写成 JSONL")
def jsonl(pairs: Pairs) -> Proposal | None:
    """Jobs take nothing else."""
    facts = pairs.facts
    if facts.container == "jsonl" and facts.encoding == "utf-8" and not facts.layout:
        return None
    kind = facts.container.upper() + ("" if facts.encoding == "utf-8" else f", {facts.encoding}")
    layout = f", {excerpt(facts.layout)}" if facts.layout else ""
    return Proposal(
        "necessary",
        Phrase(f"the file is {kind}{layout}", f"文件是 {kind}{layout}"),
        Phrase("write it as JSONL in UTF-8", "写成 UTF-8 的 JSONL"),
    )
