# SPDX-License-Identifier: Apache-2.0
"""What things are called on the page: metrics, slices, outcomes, verdicts, models."""

from __future__ import annotations

import re

from markupsafe import Markup

from evalkit.core.measure import Difference
from evalkit.evaluation.result import GateVerdict, Run
from evalkit.page.markup import data
from evalkit.page.phrase import Phrase, same, say

__all__ = [
    "gate_word",
    "label_name",
    "metric_name",
    "metric_note",
    "model_name",
    "slice_name",
    "verdict_word",
]

_METRICS = {
    "accuracy": ("accuracy", "准确率"),
    "exact_match": ("exact match", "完全一致率"),
    "macro_f1": ("macro F1", "宏平均 F1"),
    "auroc": ("AUROC", "AUROC"),
    "precision": ("precision", "精确率"),
    "recall": ("recall", "召回率"),
    "f1": ("F1", "F1"),
    "token_f1": ("shared words (token F1)", "共有词（token F1）"),
    "rouge_l": ("likeness (ROUGE-L)", "相似度（ROUGE-L）"),
    "contains": ("contains the answer", "包含答案"),
    "label_mass": ("probability on the labels", "标签所占概率"),
    "cost": ("cost per 1,000 answers", "每千次回答费用"),
    "errors": ("errors", "错误"),
    "empty": ("empty answers", "空回答"),
    "cut_off": ("cut off", "被截断"),
    "refused": ("refused", "拒答"),
    "length_chars": ("length of the answer", "回答长度"),
    "balanced_accuracy": ("balanced accuracy", "平衡准确率"),
    "macro_precision": ("macro precision", "宏平均精确率"),
    "macro_recall": ("macro recall", "宏平均召回率"),
    "micro_f1": ("micro F1", "微平均 F1"),
    "weighted_f1": ("weighted F1", "加权 F1"),
    "auprc": ("average precision (AUPRC)", "平均精确率（AUPRC）"),
    "brier": ("Brier score", "Brier 分数"),
    "log_loss": ("log loss", "对数损失"),
    "ece": ("calibration error (ECE)", "校准误差（ECE）"),
    "kappa": ("Cohen's kappa", "Cohen κ 系数"),
    "mcc": ("Matthews correlation", "Matthews 相关系数"),
    "agreement": ("agreement with the old answers", "与旧回答一致率"),
    "cost_per_correct": ("cost per right answer", "每个正确回答的费用"),
    "win_rate": ("win rate", "胜率"),
    "judge_score": ("the judge's score", "裁判评分"),
    "latency": ("time to answer", "回答用时"),
    "tokens": ("tokens of the answer", "回答的 token 数"),
    "uncovered": ("probability outside the labels", "标签之外的概率"),
    "bleu": ("BLEU", "BLEU"),
    "chrf": ("chrF", "chrF"),
    "tool_calls": ("right tool calls", "工具调用正确率"),
    "json_valid": ("valid JSON", "有效 JSON"),
    "json_schema": ("JSON as the schema says", "符合 JSON 模式"),
    "accuracy_at_threshold": ("accuracy at the threshold", "阈值下的准确率"),
    "precision_at_threshold": ("precision at the threshold", "阈值下的精确率"),
    "recall_at_threshold": ("recall at the threshold", "阈值下的召回率"),
    "f1_at_threshold": ("F1 at the threshold", "阈值下的 F1"),
}
_NOTES = {
    "auprc": ("how few wrong ones stand among those put first", "排在前面的行中误判有多少"),
    "brier": ("squared error of the probabilities; 0 is best", "概率误差的平方，0 最好"),
    "log_loss": ("how surprised it was by what was right; 0 is best", "对正确标签有多意外，0 最好"),
    "ece": ("how far 80% is from being right 8 times in 10", "说 80% 时离十次对八次有多远"),
    "kappa": ("agreement beyond chance: 0 is chance, 1 is all", "超出偶然的一致程度，0 为偶然"),
    "mcc": ("correlation of given and right labels: 0 is chance", "所给与正确标签的相关，0 为偶然"),
    "agreement": ("share of answers that equal the old model's", "与旧模型回答相同的比例"),
    "cost_per_correct": ("money for all answers by the right ones", "全部费用除以正确回答数"),
    "win_rate": ("share that the judge prefers; a tie is half", "裁判偏好的比例，平局算半"),
    "judge_score": ("mean of what the judge gives each answer", "裁判给每个回答打分的平均"),
    "tool_calls": ("share of rows with exactly the expected calls", "工具调用与期望完全一致的行"),
    "latency": ("from the request to the whole answer", "从请求到完整回答"),
    "accuracy": ("share of rows answered with the right label", "标签答对的行所占比例"),
    "exact_match": ("share of answers that equal the expected one", "与期望答案完全一致的比例"),
    "macro_f1": ("mean of every label's F1, rare ones count alike", "各标签 F1 的平均，不论多少"),
    "auroc": ("how well the probabilities put right labels first", "概率能否把正确标签排在前面"),
    "token_f1": ("words shared with the expected answer", "与期望答案共有的词"),
    "rouge_l": ("longest run of words in the same order", "按相同顺序出现的最长词序列"),
    "precision": ("of the rows given this label, how many have it", "判为该标签的行中，判对的比例"),
    "recall": ("of the rows with this label, how many were found", "属于该标签的行中，找出的比例"),
}  # fmt: skip
_MODEL = {
    part: Markup(f'<b class="model {part}">{{}}</b>')  # noqa: S704 - ours
    for part in ("base", "candidate", "other")
}
_NEUTRAL = ("length_chars",)
_OF_LABEL = re.compile(r"^(\w+)\[(.*)\]$", re.DOTALL)


def metric_name(metric: str) -> Phrase:
    """The metric in words; "recall[refund]" is "recall of refund"; unknown ones as they are."""
    if found := _OF_LABEL.match(metric):
        return say(
            "{m} of {label}",
            "{label} 的{m}",
            m=metric_name(found.group(1)),
            label=data(found.group(2), 40),
        )
    return say(*_METRICS[metric]) if metric in _METRICS else same(data(metric, 60))


def label_name(metric: str) -> Phrase:
    """The label of "recall[refund]"; the metric itself where it has none."""
    found = _OF_LABEL.match(metric)
    return same(data(found.group(2), 40)) if found else metric_name(metric)


def metric_note(metric: str) -> Phrase:
    """One line on what the metric counts; empty where we know none."""
    stem = metric.partition("[")[0]
    return say(*_NOTES[stem]) if stem in _NOTES else same("")


def slice_name(where: str) -> Phrase:
    """All rows, or "lang = zh"."""
    if where == "all":
        return say("all rows", "所有行")
    field, equals, value = where.partition("=")
    return same(data(f"{field} = {value}" if equals else where, 60))


def model_name(run: Run, name: str | None) -> Phrase:
    """The model as an isolated run of text with the class of its part: base or candidate."""
    part = "base" if name == run.base else "candidate" if name == run.candidate else "other"
    return same(_MODEL[part].format(data(name or "–", 40)))


def difference_word(found: Difference) -> Phrase:
    """What a difference shows: one of the four verdicts, or that nothing differs.

    Empty for measures that have no good direction: a shorter answer is not a better one.
    """
    if found.metric in _NEUTRAL:
        return same("")
    if found.fixed == found.broken == 0 and found.interval.n:
        return say("no difference", "无差别")
    return verdict_word(found.verdict)


def verdict_word(verdict: str) -> Phrase:
    """One of the four words on a difference."""
    return say(
        *{
            "better": ("better", "更好"),
            "not_worse": ("not worse", "不更差"),
            "worse": ("worse", "更差"),
            "undecided": ("not proven", "尚未证明"),
        }[verdict]
    )


def gate_word(verdict: GateVerdict) -> Phrase:
    """pass, fail or undecided."""
    return say(
        *{
            "pass": ("pass", "通过"),
            "fail": ("fail", "未通过"),
            "undecided": ("undecided", "未定"),
        }[verdict]
    )
