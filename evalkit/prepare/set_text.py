# SPDX-License-Identifier: Apache-2.0
"""What `prepare --target` says: the plan, each target's files, and what to do with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from evalkit.core.printable import columns, excerpt, printable
from evalkit.core.strings import Language
from evalkit.data.loss import FEATURES
from evalkit.estimation.closing import closing
from evalkit.estimation.project import Estimate
from evalkit.estimation.text import closing_line
from evalkit.estimation.text_fact import usd
from evalkit.prepare.apply import Output
from evalkit.prepare.names import called, quoted
from evalkit.prepare.rehearsal import SetPlan
from evalkit.prepare.target_files import TargetFiles, following
from evalkit.prepare.wording import count, say, step_lines

__all__ = ["next_steps", "set_lines"]

_NAMED = 8  # rules or fields that a line names
_FILES = {"train": "训练", "valid": "验证", "test": "测试", "rejected": "剔除", "manifest": "清单"}


def set_lines(
    plan: SetPlan, outputs: Sequence[Output], language: Language, *, today: date | None = None
) -> Iterator[str]:
    """The steps that concern every target, then a paragraph for each of them.

    Args:
        plan: To show.
        outputs: The files that would be written.
        language: Of the words.
        today: For models that come to an end.
    """
    zh = language == "zh"
    read, usable = count(plan.read, language), count(plan.usable, language)
    path = called(plan.data.path, language)
    yield f"{path}：{read}，可用 {usable}" if zh else f"{path}: {read}, {usable} usable"
    yield from step_lines(plan.steps, language)
    for note in plan.division.notes if plan.division else ():
        yield f"     {printable(note)}"
    for made in plan.targets:
        yield ""
        given = made.given
        source = "" if not given.converted else f" <- {plan.layout.name}"
        yield f"{made.name} ({printable(given.target.title)}): {given.layout.name}{source}"
        rows = list(_rows(made, outputs, today, zh=zh))
        width = max(columns(label) for label, _ in rows)
        for label, text in rows:
            yield f"  {label}{' ' * (width - columns(label))}  {text}"
    for one in plan.blocked:
        yield ""
        colon = "：" if zh else ": "
        yield f"{one.target.name} ({printable(one.target.title)}){colon}{say(one.why, language)}"
        yield f"  > {printable(one.hint)}"


def _rows(
    made: TargetFiles, outputs: Sequence[Output], today: date | None, *, zh: bool
) -> Iterator[tuple[str, str]]:
    if made.given.instead is not None:
        yield "改为" if zh else "instead", say(made.given.instead, "zh" if zh else "en")
    yield from _losses(made, zh=zh)
    if made.fixed:
        yield "修复" if zh else "mended", _counted(made.fixed)
    if made.fewer:
        yield _fewer(made, zh=zh)
    for why, lines in made.given.aside.lines.items():
        places = ", ".join(map(str, lines[:_NAMED])) + (", ..." if len(lines) > _NAMED else "")
        reason = printable(why.zh if zh else why.en)
        yield (
            ("剔除", f"{len(lines):,} 行：{reason}（第 {places} 行）")
            if zh
            else ("set aside", f"{len(lines):,}: {reason} (lines {places})")
        )
    for one in outputs:
        if one.target == made.name:
            rows = f"  {count(one.rows, 'zh' if zh else 'en')}" if one.rows else ""
            yield _FILES[one.kind] if zh else one.kind, f"{printable(str(one.place))}{rows}"
    if made.estimate is not None:
        yield ("训练费用", _training(made.estimate, zh=True)) if zh else (
            "training", _training(made.estimate, zh=False)
        )  # fmt: skip
    if made.model is not None and today and (end := closing(made.model, today)):
        yield (
            "停用" if zh else "ends",
            closing_line(made.model.name, end, (), language="zh" if zh else "en"),
        )
    yield from _lint(made, zh=zh)


def _fewer(made: TargetFiles, *, zh: bool) -> tuple[str, str]:
    """What the target lacks of parts that are the same for all targets."""
    if zh:
        named = "、".join(f"{part} {n:,}/{every:,}" for part, (n, every) in made.fewer.items())
        return "较少", f"{named}：其余的行该格式无法表达（各目标的切分相同）"
    named = ", ".join(f"{part} {n:,} of {every:,}" for part, (n, every) in made.fewer.items())
    return "fewer", f"{named}: the layout cannot say the others, and one split serves all targets"


def _losses(made: TargetFiles, *, zh: bool) -> Iterator[tuple[str, str]]:
    for counts, english, chinese in (
        (made.given.account.lost, "lost", "丢失"),
        (made.given.account.rewritten, "rewritten", "改写"),
    ):
        for feature, number in counts.most_common():
            if feature != "fields":
                yield chinese if zh else english, f"{FEATURES[feature].words} ({number:,})"
    if fields := made.given.account.fields:
        named = ", ".join(
            f"`{excerpt(name, 30)}` ({n:,})" for name, n in fields.most_common(_NAMED)
        )
        more = f" + {len(fields) - _NAMED}" if len(fields) > _NAMED else ""
        yield (
            ("不写入", f"{named}{more}（--keep NAME,… 可保留）")
            if zh
            else ("left out", f"{named}{more} (--keep NAME,... keeps them)")
        )


def _counted(found: Mapping[str, int]) -> str:
    named = ", ".join(f"{name} ({n:,})" for name, n in list(found.items())[:_NAMED])
    return named + (f" + {len(found) - _NAMED}" if len(found) > _NAMED else "")


def _lint(made: TargetFiles, *, zh: bool) -> Iterator[tuple[str, str]]:
    if not made.files:
        yield ("文件", "无：没有可写入的行") if zh else ("files", "none: no row can be written")
        return
    if not (made.errors or made.warnings):
        yield ("检查", "无错误，无警告") if zh else ("lint", "no errors, no warnings")
        return
    if made.errors:
        yield ("仍有错误", _counted(made.errors)) if zh else ("errors", _counted(made.errors))
    if made.warnings:
        yield ("仍有警告", _counted(made.warnings)) if zh else ("warnings", _counted(made.warnings))


def _training(result: Estimate, *, zh: bool) -> str:
    cost, model = result.cost, result.model.name
    money = "费用未知" if zh else "price not known"
    if cost is not None:
        amount = usd(cost.amount, cost.currency)
        money = (
            f"{amount}（价格截至 {cost.as_of}）" if zh else f"{amount} (price as of {cost.as_of})"
        )
    epochs = result.epochs.number
    return (
        f"{result.billed_tokens:,} 个 token，{epochs} 轮，{money}；{model}"
        if zh
        else f"{result.billed_tokens:,} tokens in {epochs} epochs, {money}; {model}"
    )


def next_steps(
    plan: SetPlan, outputs: Sequence[Output], stem: str, language: Language
) -> Iterator[str]:
    """For each target the commands that come next; where lint says errors, to mend them.

    Args:
        plan: What was done.
        outputs: The files; none = the input is used as it is.
        stem: Name of the set.
        language: Of the words.
    """
    zh = language == "zh"
    for made in plan.targets:
        paths = {o.kind: str(o.place) for o in outputs if o.target == made.name}
        paths = paths if outputs else {"train": plan.data.path}
        if "train" not in paths or not made.files:
            continue
        train = quoted(paths["train"])
        check = f"  evalkit lint {train} --target {made.name}"
        if made.errors:
            yield f"{made.name}：请先改正错误" if zh else f"{made.name}: mend the errors first"
            yield check
            continue
        yield f"{made.name}：接下来" if zh else f"next, for {made.name}:"
        yield check
        if made.model is not None:
            yield f"  evalkit estimate {train} --target {made.name}"
        commands = [*following(made, {k: v for k, v in paths.items() if k != "rejected"}, stem)]
        yield from (f"  {printable(line)}" for line in commands)
        if "test" not in paths:
            continue
        if any(line.startswith("evalkit job submit ") for line in commands):
            when = "训练成功后" if zh else "once it is trained"
            data = printable(quoted(paths["test"]))
            yield f"  evalkit job suite last --data {data}  # {when}"
        else:
            yield f"  evalkit run SUITE.eval.yaml  # data: {printable(paths['test'])}"
