# SPDX-License-Identifier: Apache-2.0
"""How labels are read out of answers that nobody asked for in our way: whole, or in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evalkit.evaluation.asked import Asked
from evalkit.evaluation.scoring import label_scorer
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.scorers._labels import labels_named, read_label

__all__ = ["with_labels_found"]


def with_labels_found(
    suite: Suite, task: Task, asked: Mapping[str, Asked]
) -> tuple[Suite, Sequence[tuple[str, str]]]:
    """The suite, and what to say of it: labels are looked for in sentences where most answers are.

    Of a model most of whose answers are no label but name one, "the whole answer is the label"
    would measure how it writes. Then all models are read alike, anywhere in the answer; a suite
    that says how labels are read is left as it is.
    """
    replies = {name: one.replies for name, one in asked.items()}
    if not task.labels or "label" in suite.scorers or label_scorer(replies) != "label":
        return suite, ()
    talkative = []
    for name, given in replies.items():
        texts = [reply.text for reply in given if reply.finish != "error" and reply.text.strip()]
        named = [
            text
            for text in texts
            if read_label(text, task.labels) is None and labels_named(text, task.labels)
        ]
        if len(named) * 2 > len(texts):
            talkative.append(f"{name} ({len(named):,} / {len(texts):,})")
    if not talkative:
        return suite, ()
    who = ", ".join(talkative)
    note = (
        (
            f"Most answers hold their label in a sentence: {who}. So labels are looked for "
            "anywhere in the answers of every model; one that names several counts as none."
        ),
        (
            f"多数回答把标签写在句子里：{who}。因此对所有模型都在整个回答中查找标签；"
            "出现多个标签的回答不算任何标签。"
        ),
    )
    return replace(suite, scorers={**suite.scorers, "label": {"find": "anywhere"}}), [note]
