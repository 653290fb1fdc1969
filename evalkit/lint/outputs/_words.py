# SPDX-License-Identifier: Apache-2.0
"""The words around the messages, in both languages, and how fields of data are shown in them."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit.core.finding import Finding
from evalkit.core.printable import printable
from evalkit.lint.outputs._look import Look

__all__ = ["counted", "kinds_of", "listed", "place", "shown_path", "word"]

_WORDS = {
    "en": {
        "error": "error", "warning": "warning", "info": "info",
        "more": "… and {n:,} more of {name} in {path} ({lines}--max-per-rule 0 shows all)",
        "more-across": "… and {n:,} more of {name} across the files (--max-per-rule 0 shows all)",
        "across": "across the files",
        "lines": "lines {lines}, …; ", "at": "lines {lines}", "at-one": "line {lines}",
        "clean": "Nothing found in {files} ({examples}).",
        "found": "Found {what} in {files} ({examples}).",
        "nothing": "Nothing was checked: {n:,} left alone as no training data.",
        "fix": "[*] {n:,} fixable with `--fix`", "unsafe": "{n:,} more with `--unsafe-fixes`",
        "unsafe-only": "{n:,} fixable with `--unsafe-fixes`",
        "drop": "{n:,} can be set aside with `--drop`",
        "done": "{n:,} fixed", "aside": "{n:,} set aside",
        "aside-in": "{n:,} set aside in {path}",
        "known": "Not shown: {n:,} known to the baseline.",
        "partial": "PARTIAL: {what}. What was not looked at may hold more.",
        "explain": "`evalkit rule {name}` explains a rule.",
        "takers": "{n} of {all} targets would take {path} as it is.",
        "where": "`evalkit lint {path} --target {name}` shows what stops {name}, and where.",
        "help": "help: ",
        "help-safe": "`--fix` mends it",
        "help-unsafe": "`--unsafe-fixes` mends it but may change what it says: see `--diff` first",
        "help-drop": "`--drop` sets the row aside in {name}.rejected.jsonl",
        "help-anew": "`{flag} -O {name}.jsonl` writes a mended copy",
        "tokens": "{path}: {total:,} tokens a pass over {n:,} examples ({encoding}), "
        "the largest {largest:,}",
        "skipped-more": "… and {n:,} more files left alone",
        "files-more": "… and {n:,} more files with findings",
        "file": ("file", "files"), "example": ("example", "examples"),
        "finding": ("finding", "findings"),
        "fixable": "{n:,} fixable", "all": "all of them",
        "target": "target", "takes": "takes it?", "errors": "errors", "warnings": "warnings",
        "blockers": "what stops it", "yes": "yes", "no": "no", "convert": "convert first",
        "and": "{n:,} more",
        "col-severity": "Severity", "col-rule": "Rule", "col-number": "Findings",
        "col-where": "Where", "col-what": "What is wrong",
        "row-column": "evalkit: what is wrong", "findings-sheet": "findings", "row": "row",
        "not-copied": "{path}: no copy of its rows here ({why})",
        "cut": "… {n:,} more findings are not listed: a sheet ends here",
        "md-cut": "… and more than fits here: `evalkit lint` shows all of it.",
        "unreadable": "Could not be read",
    },
    "zh": {
        "error": "错误", "warning": "警告", "info": "提示",
        "more": "… {path} 中还有 {n:,} 处 {name}（{lines}--max-per-rule 0 显示全部）",
        "more-across": "… 各文件中还有 {n:,} 处 {name}（--max-per-rule 0 显示全部）",
        "across": "跨文件",
        "lines": "第 {lines} 等行；", "at": "第 {lines} 行", "at-one": "第 {lines} 行",
        "clean": "{files}（{examples}）没有发现问题。",
        "found": "{files}（{examples}）中发现 {what}。",
        "nothing": "没有检查任何文件：{n:,} 个文件不是训练数据，已跳过。",
        "fix": "[*] {n:,} 处可用 `--fix` 修复", "unsafe": "另有 {n:,} 处可用 `--unsafe-fixes`",
        "unsafe-only": "{n:,} 处可用 `--unsafe-fixes` 修复",
        "drop": "{n:,} 处可用 `--drop` 移出",
        "done": "已修复 {n:,} 处", "aside": "已移出 {n:,} 条",
        "aside-in": "已将 {n:,} 条移到 {path}",
        "known": "未显示：基线中已有的 {n:,} 处。",
        "partial": "注意，没有检查全部数据：{what}。未检查的部分可能还有问题。",
        "explain": "`evalkit rule {name}` 解释规则。",
        "takers": "{all} 个目标中有 {n} 个可直接接收 {path}。",
        "where": "`evalkit lint {path} --target {name}` 显示 {name} 的问题所在。",
        "help": "建议：",
        "help-safe": "`--fix` 可修复",
        "help-unsafe": "`--unsafe-fixes` 可修复，但可能改变含义，请先看 `--diff`",
        "help-drop": "`--drop` 把该行移到 {name}.rejected.jsonl",
        "help-anew": "`{flag} -O {name}.jsonl` 另存一份修复后的文件",
        "tokens": "{path}：{n:,} 个样本每轮共 {total:,} 个 token（{encoding}），最大的 {largest:,}",
        "skipped-more": "… 另有 {n:,} 个文件已跳过",
        "files-more": "… 另有 {n:,} 个文件有问题",
        "file": ("个文件", "个文件"), "example": ("个样本", "个样本"),
        "finding": ("处", "处"),
        "fixable": "{n:,} 处可修复", "all": "全部",
        "target": "目标", "takes": "接受？", "errors": "错误", "warnings": "警告",
        "blockers": "被什么阻止", "yes": "是", "no": "否", "convert": "需先转换",
        "and": "另有 {n:,} 种",
        "col-severity": "级别", "col-rule": "规则", "col-number": "数量",
        "col-where": "位置", "col-what": "问题",
        "row-column": "evalkit：问题", "findings-sheet": "问题", "row": "行",
        "not-copied": "{path}：此处没有它的数据副本（{why}）",
        "cut": "… 另有 {n:,} 处未列出：工作表放不下了",
        "md-cut": "… 此处放不下全部内容，请运行 `evalkit lint` 查看。",
        "unreadable": "无法读取",
    },
}  # fmt: skip


def word(key: str, look: Look, **values: object) -> str:
    """A phrase in the reader's language."""
    phrase = _WORDS[look.language][key]
    return str(phrase).format(**values)


def counted(number: int, noun: str, look: Look) -> str:
    """`1 file`, `2 files`, `2 个文件`."""
    one, many = _WORDS[look.language][noun]
    return f"{number:,} {one if number == 1 else many}"


def kinds_of(counts: Iterable[tuple[str, int]], look: Look) -> str:
    """`3 errors, 1 warning` of ("error", 3), ("warning", 1); those that are 0 are left out."""
    chinese = look.language == "zh"
    return ("、" if chinese else ", ").join(
        f"{number:,} {'个' if chinese else ''}{word(severity, look)}"
        + ("" if chinese or number == 1 else "s")
        for severity, number in counts
        if number
    )


def listed(lines: Iterable[int], look: Look) -> str:
    """`17, 23, 41` or `17、23、41`."""
    return ("、" if look.language == "zh" else ", ").join(map(str, lines))


def shown_path(path: str) -> str:
    """A path that can stand at the start of a line: no control, and no workflow command.

    GitHub's runner takes lines that begin with `::` for commands; `./::x` is the same file.
    """
    shown = printable(path)
    return f"./{shown}" if shown.lstrip().startswith(("::", "##[")) else shown


def place(finding: Finding) -> str:
    """Where a finding is: `train.jsonl:17`, `train.jsonl:1-16`, `support.xlsx:17 (C17)`."""
    where = finding.location
    shown = shown_path(where.source)
    if where.line is not None:
        shown += f":{where.line}"
        if where.end_line is not None and where.end_line > where.line:
            shown += f"-{where.end_line}"
    return f"{shown} ({printable(finding.cell)})" if finding.cell else shown
