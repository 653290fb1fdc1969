# SPDX-License-Identifier: Apache-2.0
"""What `evalkit prepare --target` does with files and the screen."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._prepare_legacy import agreed, echo, on_a_terminal
from evalkit.cli._reading import opened, words
from evalkit.core.errors import UsageError
from evalkit.core.printable import printable
from evalkit.core.strings import Language

if TYPE_CHECKING:
    from evalkit.data.division import SplitOptions
    from evalkit.data.read import DataSet
    from evalkit.prepare.rehearsal import SetPlan

__all__ = ["prepare_set"]

_LARGE = 1_000_000  # bytes, from which on it takes more than a second


def prepare_set(
    file: str,
    targets: Sequence[str],
    skip: Sequence[str],
    own: Mapping[str, Any],
    reading: Mapping[str, Any],
    spoken: Language,
) -> int:
    """Plan, ask where there is somebody to ask, write.

    Raises:
        UsageError: Options that make no sense.
        InputError: The file cannot be read, or a place is taken.
    """
    from evalkit.prepare.apply import apply, differing, outputs_of
    from evalkit.prepare.document import set_document
    from evalkit.prepare.names import part_of_a_set, stem_of
    from evalkit.prepare.rehearsal import Wanted, rehearsed
    from evalkit.prepare.set_text import next_steps, set_lines
    from evalkit.targets.load import model_named

    stem = stem_of(file)
    folder = Path(own["out"]) if own["out"] else Path() if file == "-" else Path(file).parent
    part = part_of_a_set(file)
    split = None if own["no_split"] or part is not None else _split(own)
    wanted = Wanted(
        targets=tuple(targets),
        split=split,
        keep=tuple(words(own["keep"])),
        skip=tuple(skip),
        model=model_named(own["model"]) if own["model"] else None,
        stem=stem,
        language=spoken,
        today=datetime.now().astimezone().date(),
    )
    data = opened(file, **reading)
    if part is not None:
        _say_part(file, part, spoken)
    with ExitStack() as stack:
        with _working(data, spoken):
            plan = stack.enter_context(rehearsed(data, wanted))
            outputs = outputs_of(plan, folder, stem, _said(split)) if plan.changed else []
        go = own["go"] and bool(outputs)
        text = own["output_format"] == "text"
        if text:
            echo(set_lines(plan, outputs, spoken, today=wanted.today))
            click.echo()
            waits = not go and bool(differing(outputs))
            go = go or (waits and on_a_terminal() and _asked(spoken))
        left = len(differing(outputs))
        if go:
            apply(outputs, replace=own["force"])
        if not text:
            document = set_document(plan, outputs, stem, applied=go)
            click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        else:
            _say_end(plan, len(outputs), left, go=go, spoken=spoken)
            if go or not left:
                echo(next_steps(plan, outputs, stem, spoken))
        return _code(plan)


@contextmanager
def _working(data: DataSet, spoken: Language) -> Iterator[None]:
    """The block, with a sign of life on a terminal where it may take a while."""
    if data.size < _LARGE or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    words_ = "正在试做……" if spoken == "zh" else "rehearsing ..."
    with Console(stderr=True).status(words_):
        yield


def _split(own: Mapping[str, Any]) -> SplitOptions:
    from evalkit.data.division import SplitOptions

    take, share = own["take"], own["test_share"]
    if take and share:
        raise UsageError("--take and --test-share both say how many rows to hold out", "give one")
    choices = {name: own[name] for name in ("by", "group", "date", "near", "seed")}
    return SplitOptions(test=take or share or 0.2, valid=own["valid_share"] or 0, **choices)


def _said(split: SplitOptions | None) -> dict[str, Any]:
    """How the set was split, for its manifest."""
    if split is None:
        return {}
    return {"legacy": False} | {name: getattr(split, name) for name in split.__dataclass_fields__}


def _say_part(file: str, part: str, spoken: Language) -> None:
    shown = printable(file)
    click.echo(
        f"{shown}：已是切分好的 {part} 部分（见其清单），不再切分"
        if spoken == "zh"
        else f"{shown}: the manifest beside it says that it is the part `{part}` of a split set: "
        "nothing more is held out",
        err=True,
    )


def _asked(spoken: Language) -> bool:
    question: dict[Language, str] = {
        "en": "Write these files? [Y/n]",
        "zh": "写入这些文件吗？[Y/n]",
    }
    return agreed(question, spoken) in ("y", "yes")


def _say_end(plan: SetPlan, outputs: int, new: int, *, go: bool, spoken: Language) -> None:
    """What became of the files.

    Args:
        plan: What was planned.
        outputs: How many there are.
        new: How many of them were not there yet, as they are to be.
        go: Whether they were to be written.
        spoken: Language of the words.
    """
    zh = spoken == "zh"
    if not plan.possible:
        click.echo(
            "没有可写入的内容：没有目标能使用这些行"
            if zh
            else "nothing can be written: no target that was named takes these rows"
        )
    elif not outputs:
        click.echo(
            "无需修改：该文件可直接使用" if zh else "nothing to change: use the file as it is"
        )
    elif not new:
        files = "1 file is" if outputs == 1 else f"{outputs} files are"
        click.echo(
            f"无需写入：{outputs} 个文件已存在，内容相同"
            if zh
            else f"nothing to write: the {files} already there, byte for byte as planned"
        )
    elif go:
        written = _count(new, spoken, "file", "个文件")
        same = outputs - new
        told = (f"；另有 {same} 个已存在且相同" if zh else f"; {same} already there as planned") * (
            same > 0
        )
        click.echo(f"已写入 {written}{told}" if zh else f"{written} written{told}")
    else:
        click.echo(
            "尚未写入：--apply 执行，--skip NAME 跳过其中一项"
            if zh
            else "nothing is written yet: --apply does it, --skip NAME leaves a step out"
        )


def _count(number: int, spoken: Language, noun: str, zh: str) -> str:
    from evalkit.prepare.wording import count

    return count(number, spoken, noun, zh)


def _code(plan: SetPlan) -> int:
    """1 where a target would refuse what it gets, or gets nothing."""
    return int(bool(plan.blocked) or not all(made.ready for made in plan.targets))
