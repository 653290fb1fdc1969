# SPDX-License-Identifier: Apache-2.0
"""What kind of task a held-out set is: read off the expected answers where the suite is silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.evaluation.old_names import metric_name
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.threshold_keys import check_threshold

__all__ = ["Task", "task_of"]

_LONGEST_LABEL = 40
_MOST_LABELS = 100
_FREE_TEXT = {"judged": 1024}  # tokens: a judge is no fair one of answers that are cut off


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is measured.

    Attributes:
        kind: "classification", "qa" or "judged".
        labels: In the order of reports; empty for qa.
        primary: The metric of the verdict.
        metrics: All of them, the primary first.
        max_tokens: To generate per answer.
    """

    kind: str
    labels: tuple[str, ...]
    primary: str
    metrics: tuple[str, ...]
    max_tokens: int


def task_of(suite: Suite, expected: Sequence[str]) -> Task:
    """The task that the suite states, or that its expected answers show.

    Raises:
        UsageError: An expected answer is not among the suite's labels.
    """
    answers = [text.strip() for text in expected if text.strip()]  # tool calls have no text
    labels = tuple(suite.labels)
    looks = _look_like_labels(answers) or bool(labels)
    kind = suite.task or ("judged" if suite.judge else "classification" if looks else "qa")
    if kind == "classification":
        labels = labels or tuple(sorted(set(answers)))
        for text in answers:
            # What an old model said (`expected`) may be anything: such rows stay unscored.
            if text not in labels and suite.expected is None:
                raise UsageError(
                    f"the expected answer `{excerpt(text)}` is not among the suite's labels",
                    f"labels: {', '.join(labels)}; `evalkit lint` finds label variants",
                )
        per_label = (f"{m}[{label}]" for m in ("precision", "recall", "f1") for label in labels)
        right = ("accuracy",) if suite.expected is None else ("agreement", "kappa")
        metrics = (*right, "exact_match", "macro_f1", *_of_probabilities(suite), *per_label)
    elif kind == "judged":
        labels = ()
        metrics = ()
    else:
        labels = ()
        metrics = ("token_f1", "rouge_l", "exact_match" if suite.expected is None else "agreement")
    metrics = (*metrics, *_judged(suite, kind))
    facts = ("errors", "empty", "cut_off", "refused", "length_chars", "latency", "tokens")
    metrics = (*metrics, *check_threshold(suite, labels))
    primary = suite.primary or metrics[0]
    ordered = dict.fromkeys((primary, *metrics, *suite.metrics, *facts))
    # A label is short: its tokens, and a little more to see that a model goes on talking.
    longest = max((len(label.encode("utf-8", "surrogatepass")) for label in labels), default=0)
    tokens = longest // 2 + 6
    return Task(
        kind=kind,
        labels=labels,
        primary=primary,
        metrics=tuple(ordered),
        max_tokens=suite.max_tokens or (tokens if labels else _FREE_TEXT.get(kind, 256)),
    )


def _of_probabilities(suite: Suite) -> tuple[str, ...]:
    if suite.positive is None:
        return ("auroc",)
    areas = (metric_name(name, positive=suite.positive) for name in ("auroc", "auprc"))
    return (*areas, "brier", "log_loss", "ece")


def _judged(suite: Suite, kind: str) -> tuple[str, ...]:
    """The metric of the suite's judge, where it has one."""
    if suite.judge is not None:
        return ("win_rate",) if suite.judge.mode == "pairwise" else ("judge_score",)
    if kind == "judged":
        raise UsageError(
            "the suite's task is judged, and it has no judge",
            "name one: judge: {use: openai/gpt-5.5, rubric: policy}, or ask: a question",
        )
    return ()


def _look_like_labels(answers: Sequence[str]) -> bool:
    """Few, short, one line, each used again: the rule of prepare_data (unique < rows / 3)."""
    unique = set(answers)
    return 1 < len(unique) <= min(_MOST_LABELS, max(2, len(answers) // 3)) and all(
        len(text) <= _LONGEST_LABEL and "\n" not in text for text in unique
    )
