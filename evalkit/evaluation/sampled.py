# SPDX-License-Identifier: Apache-2.0
"""What a reader must know of a run with repeats or with several turns of a conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan

from evalkit.evaluation.measuring import Chosen
from evalkit.evaluation.questions import Question
from evalkit.evaluation.scoring import Samples
from evalkit.evaluation.suite import Suite

__all__ = ["flaky", "sampling_facts", "sampling_notes"]

Note = tuple[str, str]  # English, Chinese


def flaky(samples: Samples, scorer: str) -> tuple[int, int]:
    """Questions whose repeats do not all have the same score, and those that could show it.

    Args:
        samples: Of one model.
        scorer: Whose scores are compared.

    Returns:
        Of the questions with two scored answers and more, how many disagree; and how many these
        are.
    """
    disagree = known = 0
    for column in zip(*samples[scorer], strict=True):
        scores = {s.score.value for s in column if not isnan(s.score.value)}
        if sum(not isnan(s.score.value) for s in column) > 1:
            known += 1
            disagree += len(scores) > 1
    return disagree, known


def sampling_facts(
    suite: Suite, questions: Sequence[Question], samples: Mapping[str, Samples], primary: Chosen
) -> Mapping[str, str]:
    """For the provenance; empty for one answer to the last turn of each row."""
    found = {}
    if suite.turns != "last":
        groups = len({q.cluster for q in questions})
        found["turns"] = f"{suite.turns}: {len(questions)} questions of {groups} conversations"
    repeats = _repeats(samples)
    if repeats > 1:
        found["repeats"] = str(repeats)
        for name, of in samples.items():
            disagree, known = flaky(of, primary.scorer)
            found[f"flaky {name}"] = f"{disagree} of {known} questions{_share(disagree, known)}"
    return found


def sampling_notes(
    suite: Suite,
    questions: Sequence[Question],
    samples: Mapping[str, Samples],
    metrics: Sequence[Chosen],
) -> list[Note]:
    """Sentences for the page; none for one answer to the last turn of each row."""
    return [
        *_notes_on_turns(suite, questions),
        *_notes_on_repeats(suite, samples, metrics),
    ]


def _notes_on_turns(suite: Suite, questions: Sequence[Question]) -> Iterator[Note]:
    if suite.turns == "last":
        return
    n, groups = len(questions), len({q.cluster for q in questions})
    calls = suite.turns == "tool-calls"
    each, each_zh = ("each tool call", "每次工具调用") if calls else ("each answer", "每个回答")
    yield (
        f"A question for {each}, after the data's own history: {n} in {groups} conversations.",
        f"{each_zh}各成一问，之前的对话取自数据：{groups} 段对话，共 {n} 个问题。",
    )
    if groups < n:
        yield (
            "Ranges and tests go by conversation: its questions stand and fall together.",
            "同一对话中的问题彼此相关，因此区间和检验按对话计算。",
        )


def _notes_on_repeats(
    suite: Suite, samples: Mapping[str, Samples], metrics: Sequence[Chosen]
) -> Iterator[Note]:
    repeats = _repeats(samples)
    if repeats < 2:
        return
    yield (
        f"Each question was asked {repeats} times; its score is the mean.",
        f"每个问题问了 {repeats} 次，得分取平均值。",
    )
    if any(m.metric.pair == "binary" for m in metrics):
        yield (
            "So it is no longer just right or wrong: metrics of right and wrong compare means.",
            "因此一个问题不再只有对与错，对错类指标按平均值比较。",
        )
    for name, of in samples.items():
        disagree, known = flaky(of, metrics[0].scorer)
        if known:
            share = _share(disagree, known)
            yield (
                f"{name}: the repeats disagree on {disagree} of {known} questions{share}.",
                f"{name}：{known} 个问题中有 {disagree} 个多次得分不一{share.translate(_WIDE)}。",
            )
    if cold := ", ".join(name for name in suite.models if _is_greedy(suite, name)):
        spared = "the repeats show only what the provider itself does not hold still"
        yield (
            f"Asked at temperature 0: {cold}; {spared}.",
            f"温度为 0：{cold}；多次提问只反映服务端自身的不稳定。",
        )


_WIDE = str.maketrans({"(": "（", ")": "）", " ": None})


def _is_greedy(suite: Suite, name: str) -> bool:
    spec = suite.models[name]
    if spec.use.startswith(("baseline:", "replay:")):
        return False
    return bool(spec.options.get("temperature", suite.temperature) == 0)


def _repeats(samples: Mapping[str, Samples]) -> int:
    """How often each question was asked: the same for every model and scorer."""
    return max((len(rows) for of in samples.values() for rows in of.values()), default=1)


def _share(part: int, whole: int) -> str:
    return f" ({part / whole * 100:.1f} %)" if whole else ""
