# SPDX-License-Identifier: Apache-2.0
"""What `prepare --legacy` says: the plan, what was written, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from evalkit.core.printable import printable
from evalkit.core.strings import Language
from evalkit.prepare.legacy import Legacy
from evalkit.prepare.names import called, quoted
from evalkit.prepare.plan import shown
from evalkit.prepare.wording import count, step_lines
from evalkit.targets.card import ModelCard

__all__ = ["next_lines", "plan_lines"]


def plan_lines(plan: Legacy, source: str, language: Language) -> Iterator[str]:
    """The steps, and what stands behind them."""
    zh = language == "zh"
    rows = count(plan.read, language)
    name = called(source, language)
    yield f"{name}：{rows}" if zh else f"{name}: {rows} can be read"
    yield from step_lines(plan.steps, language)
    if plan.blocked:
        names = ", ".join(one.name for one in plan.steps if one.kind == "stop")
        if not plan.rows:
            yield "没有可写入的行" if zh else "no row would be left to write"
        elif zh:
            yield f"已停止：请先修改数据，或用 --skip {names}"
        else:
            yield f"stopped: mend the data first, or --skip {names}"
    elif not plan.changed:
        yield (
            "无需修改：该文件可直接使用"
            if zh
            else "nothing to change: the file can be used as it is"
        )


def next_lines(
    plan: Legacy,
    source: str,
    places: Sequence[Path],
    models: Sequence[ModelCard],
    language: Language,
) -> Iterator[str]:
    """What whoever asks the tuned model must know, and where such a file still trains.

    Args:
        plan: What was done.
        source: The input.
        places: The files with the rows; the training file first.
        models: Of OpenAI's, those that were trained on prompts and completions.
        language: Of the words.
    """
    zh = language == "zh"
    if plan.separator:
        end = shown(plan.separator)
        yield (
            f"调用时：每个提示都必须以 {end} 结尾，模型才会开始回答"
            if zh
            else f"when you ask the model: end every prompt with {end}, or it goes on with it"
        )
    if plan.stop:
        stop = json.dumps([plan.stop], ensure_ascii=False)
        yield f"停止符：stop={printable(stop)}" if zh else f"stop sequence: stop={printable(stop)}"
    if plan.labels:
        yield from _classification(plan, zh=zh)
    gone = [card for card in models if card.retires is not None]
    if gone:
        day = max(card.retires for card in gone if card.retires is not None)
        names = "、".join(c.name for c in gone) if zh else ", ".join(c.name for c in gone)
        yield (
            f"OpenAI 已不再用 prompt/completion 训练模型（{names}：{day} 停用；"
            f"{gone[0].source}，截至 {gone[0].as_of}）"
            if zh
            else f"OpenAI trains no model on prompts and completions any more ({names}: gone on "
            f"{day}; {gone[0].source}, as of {gone[0].as_of})"
        )
    file = quoted(str(places[0]) if places else source)
    yield (
        f"今天请用：evalkit prepare {quoted(source)} --target together（或 trl、openai……）"
        if zh
        else f"for today's models: evalkit prepare {quoted(source)} --target together "
        "(or trl, openai, ...)"
    )
    yield f"检查：evalkit lint {file}" if zh else f"check it: evalkit lint {file}"


def _classification(plan: Legacy, *, zh: bool) -> Iterator[str]:
    labels = list(plan.labels)
    if len(labels) == 2:
        values = f"--classification_positive_class {json.dumps(labels[0], ensure_ascii=False)}"
    else:
        values = f"--classification_n_classes {len(labels)}"
    parameters = printable(f"--compute_classification_metrics {values}")
    yield (
        f"分类参数（旧版 API）：{parameters}"
        if zh
        else f"classification, as the legacy API took it: {parameters}"
    )
