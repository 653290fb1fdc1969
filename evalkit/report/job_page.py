# SPDX-License-Identifier: Apache-2.0
"""A training job becomes one HTML page: pure, so the same results give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from evalkit.core.strings import Language
from evalkit.jobs.results.results import KeptFile, Results
from evalkit.jobs.results.words import (
    best_lines,
    cells,
    column_name,
    figure,
    headline,
    method_name,
    money_lines,
    remarks,
    sign_line,
    state_name,
    tone,
    when,
)
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, same, say
from evalkit.report.data_page import Part, data_page
from evalkit.report.job_page_curves import curves_body

__all__ = ["job_page"]

_EVENTS = 200  # that are listed
_FACTS = 30
_Row = tuple[object, Sequence[object]]


def job_page(results: Results, *, language: Language = "en", reasons: Sequence[Phrase] = ()) -> str:
    """The whole self-contained HTML file.

    Args:
        results: What came of the job; all texts in it are hostile and only ever shown as text.
        language: The one that the page opens in; both are in it.
        reasons: Why it failed and what would have caught it, from `jobs.reasons`.

    Returns:
        Deterministic text, ready to be written as UTF-8.
    """
    text = Text(language)
    parts = [
        Part("overview", say("Overview", "概览"), _overview(results, reasons, text), headed=False)
    ]
    if body := curves_body(results, text):
        parts.append(Part("curves", say("Curves", "曲线"), body))
    if results.columns:
        parts.append(Part("measures", say("Measures", "指标"), _measures(results, text)))
    if any(True for _ in money_lines(results)):
        parts.append(Part("spent", say("Tokens and money", "token 与费用"), _spent(results, text)))
    if results.job is not None:
        parts.append(Part("job", say("The job", "训练任务"), _facts(results)))
    if results.checkpoints:
        parts.append(Part("checkpoints", say("Checkpoints", "检查点"), _checkpoints(results, text)))
    if results.events:
        parts.append(Part("events", say("Events", "事件"), _events(results, text)))
    if results.files:
        parts.append(Part("files", say("Files", "文件"), _files(results, text)))
    name = data(results.source.replace("\\", "/").rpartition("/")[2], 60)
    title = say("{f} · evalkit job", "{f} · 训练结果", f=name)
    return data_page(title, parts, language=language)


def _overview(results: Results, reasons: Sequence[Phrase], text: Text) -> Markup:
    word, why = headline(results)
    bad = results.job is not None and results.job.state == "failed"
    listed: list[tuple[str, Phrase]] = [("bad" if bad else "open", one) for one in reasons]
    sign = {True: "warn", False: "", None: "open"}[results.sign.found]
    if results.sign.why in ("diverging", "last-only", "training-not-falling"):
        sign = "open"
    listed.append((sign, sign_line(results)))
    listed += [("", one) for one in best_lines(results)]
    listed += remarks(results)
    return fill(
        "evalkit.report",
        "job_overview.html",
        text=text,
        source=data(results.source, 300),
        about=[*_about(results)],
        tone=tone(results),
        word=word,
        why=why,
        cards=[*_cards(results)],
        remarks=listed,
    )


def _about(results: Results) -> Iterator[Phrase]:
    job = results.job
    if job is None:
        kind = None if results.metrics is None else results.metrics.kind
        if kind == "legacy":
            yield say("metrics of the legacy fine-tunes API", "旧版 fine-tunes API 的指标文件")
        elif kind == "steps":
            yield say("step metrics", "逐步指标")
        return
    yield same(data(f"{job.model} ({job.target})", 100))
    if job.method:
        yield method_name(job.method)
    if job.finished:
        yield same(when(job.finished))


def _cards(results: Results) -> Iterator[dict[str, object]]:
    best, chosen, spent = results.best, results.best_checkpoint, results.spent
    ends = {one.meaning: one for one in results.columns}
    train = ends.get("train_loss")
    valid = ends.get("full_valid_loss") or ends.get("valid_loss")
    lines = []
    if train is not None:
        lines.append(
            say("training loss {a} → {b}", "训练损失 {a} → {b}", a=figure(train.first),
                b=figure(train.tail))
        )  # fmt: skip
    if valid is not None:
        lines.append(
            say("validation loss {a} → {b}", "验证损失 {a} → {b}", a=figure(valid.first),
                b=figure(valid.tail if valid.meaning == "valid_loss" else valid.last))
        )  # fmt: skip
    steps = None if results.metrics is None else results.metrics.steps[-1]
    yield {
        "tag": say("Steps", "步数"),
        "big": "–" if steps is None else count(steps),
        "lines": lines or [say("nothing was measured", "没有测量值")],
    }
    if chosen is not None:
        value = say("{b} {v}", "{b} {v}", b=column_name(chosen.by), v=figure(chosen.value))
        lines = [same(data(chosen.checkpoint.model, 90)), value]
        big = say("step {n}", "第 {n} 步", n=count(chosen.checkpoint.step))
        yield {"tag": say("Best checkpoint", "最佳检查点"), "big": big, "lines": lines}
    else:
        lines = [say("no validation loss", "没有验证损失")]
        if best is not None:
            lines = [say("{b} {v}", "{b} {v}", b=column_name(best.by), v=figure(best.value))]
        step = say("step {n}", "第 {n} 步", n=count(best.step)) if best else same("–")
        yield {"tag": say("Best step", "最佳步"), "big": step, "lines": lines}
    estimate = same("–") if spent.estimated_tokens is None else same(count(spent.estimated_tokens))
    lines = [say("estimated {n}", "估算 {n}", n=estimate)] if spent.estimated_tokens else []
    for name, before, after in money_lines(results):
        if name.en == "Cost" and (before, after) != ("–", "–"):
            lines.append(say("cost {b}, estimated {a}", "费用 {b}，估算 {a}", a=before, b=after))
    yield {
        "tag": say("Tokens trained on", "训练 token"),
        "big": "–" if spent.actual_tokens is None else count(spent.actual_tokens),
        "lines": lines or ([] if spent.actual_tokens is not None else [say("not said", "未说明")]),
    }


def _measures(results: Results, text: Text) -> Markup:
    heads = [
        (say("Measure", "指标"), False), (say("values", "个数"), True),
        (say("first", "最初"), True), (say("last", "最后"), True),
        (say("lowest", "最低"), True), (say("highest", "最高"), True),
        (say("mean at the end", "末段平均"), True),
    ]  # fmt: skip
    rows: list[_Row] = [
        (column_name(one.meaning), (count(one.n), *cells(one))) for one in results.columns
    ]
    note = say(
        "The mean at the end is that of the last eighth of the values, at least 5.",
        "末段平均：最后八分之一的值（至少 5 个）的平均。",
    )
    return _table(text, say("Measures", "指标"), heads, rows, note)


def _spent(results: Results, text: Text) -> Markup:
    heads = [
        (say("What", "项目"), False), (say("estimated", "估算"), True),
        (say("actual", "实际"), True),
    ]  # fmt: skip
    lines = [*money_lines(results)]
    rows: list[_Row] = [(name, (before, after)) for name, before, after in lines]
    if all(before == "–" for _, before, _ in lines):  # a file alone has no estimate
        heads, rows = [heads[0], heads[2]], [(name, (after,)) for name, _, after in lines]
    return _table(text, say("Tokens and money", "token 与费用"), heads, rows)


def _facts(results: Results) -> Markup:
    job = results.job
    if job is None:
        return Markup()
    facts: list[tuple[Phrase, object]] = [
        (say("Job", "任务"), data(job.id, 120)),
        (say("State", "状态"), state_name(job.state) if job.said == job.state else
         say("{s} ({w})", "{s}（{w}）", s=state_name(job.state), w=data(job.said, 40))),
        (say("Provider", "提供商"), data(job.target, 60)),
        (say("Model", "模型"), data(job.model, 120)),
        (say("Tuned model", "微调后的模型"), data(job.tuned_model or "–", 160)),
        (say("Method", "方法"), method_name(job.method) if job.method else "–"),
        (say("Created", "创建时间"), when(job.created)),
        (say("Finished", "结束时间"), when(job.finished)),
    ]  # fmt: skip
    if job.suffix:
        facts.append((say("Suffix", "后缀"), data(job.suffix, 80)))
    if job.seed is not None:
        facts.append((say("Seed", "随机种子"), str(job.seed)))
    for kind, pairs in (("hyperparameters", job.hyperparameters), ("metadata", job.metadata)):
        for name, value in list(pairs.items())[:_FACTS]:
            label = data(str(name), 60)
            facts.append(
                (same(label) if kind == "hyperparameters" else say(
                    "metadata {n}", "元数据 {n}", n=label), data(str(value), 120))
            )  # fmt: skip
    listed = Markup().join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(label, value) for label, value in facts
    )
    return Markup('<dl class="record">{}</dl>').format(listed)


def _checkpoints(results: Results, text: Text) -> Markup:
    heads = [
        (say("Model", "模型"), False), (say("step", "步"), True),
        (say("training loss", "训练损失"), True), (say("validation loss", "验证损失"), True),
        (say("remark", "备注"), False),
    ]  # fmt: skip
    best = results.best_checkpoint
    rows: list[_Row] = []
    for one in results.checkpoints:
        measured = one.metrics
        valid = measured.get("full_valid_loss", measured.get("valid_loss"))
        mark = ""
        if best is not None and best.checkpoint.id == one.id:
            mark = Markup('<span class="pill good">{}</span>').format(say("best", "最佳"))
        losses = [_loss(measured.get("train_loss")), _loss(valid)]
        rows.append((data(one.model, 160), (count(one.step), *losses, mark)))
    return _table(text, say("Checkpoints", "检查点"), heads, rows)


def _loss(value: float | None) -> str:
    return "–" if value is None or value != value else figure(value)  # noqa: PLR0124  NaN


def _events(results: Results, text: Text) -> Markup:
    told = [one for one in results.events if one.step is None or one.level != "info"]
    shown = told[-_EVENTS:]
    heads = [(say("Time", "时间"), False), (say("What happened", "内容"), False)]
    rows: list[_Row] = []
    for one in shown:
        said: object = data(one.text, 600)
        if one.level != "info":
            kind = "bad" if one.level == "error" else "undecided"
            said = Markup('<span class="pill {}">{}</span> {}').format(kind, one.level, said)
        rows.append((when(one.time), (said,)))
    left = len(results.events) - len(shown)
    note = say(
        "{n} more are about single steps, or older.", "另有 {n} 条为单步事件或更早的事件。",
        n=count(left),
    ) if left else same("")  # fmt: skip
    return _table(text, say("Events", "事件"), heads, rows, note)


_WHAT = {
    "training": say("training", "训练"),
    "validation": say("validation", "验证"),
    "metrics": say("metrics", "指标"),
}


def _files(results: Results, text: Text) -> Markup:
    heads = [
        (say("File", "文件"), False), (say("what", "用途"), False), (say("bytes", "字节"), True),
        (say("SHA-256", "SHA-256"), False),
    ]  # fmt: skip
    rows: list[_Row] = [
        (
            data(_named(one), 200),
            (
                _WHAT[one.what],
                "–" if one.size is None else count(one.size),
                Markup("<code>{}</code>").format(one.sha256) if one.sha256 else "–",
            ),
        )
        for one in results.files
    ]
    return _table(text, say("Files", "文件"), heads, rows)


def _named(one: KeptFile) -> str:
    return " · ".join(part for part in (one.name, one.id) if part) or "–"


def _table(
    text: Text,
    title: Phrase,
    heads: Sequence[tuple[Phrase, bool]],
    rows: Sequence[_Row],
    note: Phrase | None = None,
) -> Markup:
    return fill(
        "evalkit.report",
        "stats_table.html",
        text=text,
        title=title,
        note=note or same(""),
        heads=heads,
        rows=rows,
        remarks=[],
    )
