# SPDX-License-Identifier: Apache-2.0
"""A run held against a baseline: is the model still as good as the one that was committed?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.core.measure import Difference, Measure
from evalkit.core.printable import excerpt, printable
from evalkit.core.registry import find, names, suggestion
from evalkit.core.score import Sample, Score
from evalkit.core.strings import Language
from evalkit.evaluation.baseline.file import Baseline, changes, paired_with, plain_signature
from evalkit.evaluation.gates.decide import compared_result
from evalkit.evaluation.gates.gate import BASELINE, Gate
from evalkit.evaluation.gates.sentence import margin_of, with_sentence
from evalkit.evaluation.gates.words import number_of
from evalkit.evaluation.result import AskedModel, GateResult, Row, Run
from evalkit.evaluation.verdict import difference, visible_difference
from evalkit.evaluation.wording import change
from evalkit.metrics._parse import parse

__all__ = ["Checked", "baseline_of", "check", "default_path", "judge_digest", "prompt_digest"]

_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How a run stands against a baseline.

    Attributes:
        difference: Now minus then.
        gate: The verdict, as of a gate `… not worse than baseline by …`.
        visible: The least loss that these rows show, four times in five; NaN = not known.
        notes: What may differ and is to be known: the model, the version; English and Chinese.
    """

    difference: Difference
    gate: GateResult
    visible: float
    notes: Sequence[tuple[str, str]]

    def sentence(self, language: Language) -> str:
        """The verdict in one line."""
        return _sentence(self, language)


def default_path(folder: Path, suite: str) -> Path:
    """Where the baseline of a suite stands unless it is said: beside it."""
    return folder / f"{suite}.baseline.json"


def baseline_of(
    run: Run, *, model: str | None = None, metric: str | None = None, margin: str = ""
) -> Baseline:
    """What is to be kept of a run.

    Args:
        run: Finished, of all rows.
        model: Its name in the suite; None = the candidate.
        metric: As suites name it; None = the primary one.
        margin: What a check allows to be lost, such as "2 points".

    Raises:
        UsageError: No such model or metric, one that has no score per row, or a margin that is
            none.
    """
    name = model or run.candidate or ""
    card = next((card for card in run.models if card.name == name), None)
    if card is None:
        known = [card.name for card in run.models]
        raise UsageError(
            f"the run has no model `{excerpt(name)}`{suggestion(name, known)}",
            f"models: {', '.join(known)}",
        )
    measure = _measure(run, name, metric or run.primary)
    _gate(name, margin, measure.metric, measure.unit)  # a margin that no check could use
    scores, binary = _scores(run, name, measure)
    return Baseline(
        suite=run.suite,
        model=name,
        identity=str(run.provenance.get(f"model {name}", "")),
        metric=measure.metric,
        unit=measure.unit,
        better=measure.better,
        binary=binary,
        signature=plain_signature(measure.signature),
        data=f"sha256:{run.provenance.get('data sha256', '')}",
        prompt=prompt_digest(
            [row.id for row in run.rows], card, str(run.provenance.get("temperature", ""))
        ),
        judge=judge_digest(run.provenance) if _scorer(measure.signature)[:5] == "judge" else "",
        margin=margin,
        value=measure.interval,
        scores=scores,
        evalkit=str(run.provenance.get("evalkit", "")),
    )


def check(
    baseline: Baseline, run: Run, *, margin: str | None = None, confidence: float = 0.95
) -> Checked:
    """Compare a run with a baseline, row by row.

    Args:
        baseline: What was kept.
        run: Of the same suite; its model may be another.
        margin: What may be lost; None = what the baseline says, "" = none.
        confidence: Of the interval, in (0, 1).

    Raises:
        UsageError: The two cannot be compared: it says what changed, from what to what.
    """
    now = baseline_of(run, model=_judged(baseline, run), metric=baseline.metric)
    if found := changes(baseline, now):
        raise UsageError(
            f"the run cannot be compared with the baseline: {'; '.join(map(printable, found))}",
            "set it anew once the change is meant: evalkit baseline set",
        )
    clusters = {row.id: row.cluster for row in run.rows if row.cluster is not None}
    paired = paired_with(baseline, now.scores, clusters, confidence=confidence)
    allowed = baseline.margin if margin is None else margin
    gate = _gate(now.model, allowed, baseline.metric, baseline.unit)
    found_difference = difference(
        paired,
        metric=baseline.metric,
        base=BASELINE,
        candidate=now.model,
        where="all",
        better=baseline.better,
        unit=baseline.unit,
    )
    result = compared_result(gate, found_difference, paired)
    if not gate.bound and result.verdict == "undecided":
        result = replace(result, verdict="pass", needs={"en": "", "zh": ""}, needed=None)
    return Checked(
        difference=found_difference,
        gate=result,
        visible=visible_difference(paired, unit=baseline.unit),
        notes=_notes(baseline, now),
    )


def prompt_digest(ids: Sequence[str], card: AskedModel, temperature: str) -> str:
    """Of all that is asked: row ids are hashes of the questions themselves."""
    asked = [list(ids), card.system, card.prompt, temperature]
    raw = json.dumps(asked, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return f"blake2b:{hashlib.blake2b(raw, digest_size=_BYTES).hexdigest()}"


def judge_digest(provenance: Mapping[str, object]) -> str:
    """Of everything that a run records of its judge; "" where it has none."""
    told = {k: str(v) for k, v in provenance.items() if k == "judge" or k.startswith("judge ")}
    if not told:
        return ""
    raw = json.dumps(told, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
    return f"blake2b:{hashlib.blake2b(raw, digest_size=_BYTES).hexdigest()}"


def _judged(baseline: Baseline, run: Run) -> str | None:
    """The model of the same name where there is one, else the candidate."""
    return baseline.model if any(card.name == baseline.model for card in run.models) else None


def _gate(model: str, margin: str, metric: str, measured_in: str) -> Gate:
    """`MODEL not worse than baseline by MARGIN`; an empty margin is none."""
    found = margin_of(margin) if margin else (0.0, False, "")
    if found is None or found[0] < 0:
        raise UsageError(f"`{excerpt(margin)}` is no margin", "such as `2 points` or 0.02")
    bound, percent, unit = found
    if (percent and measured_in != "share") or (unit and unit != measured_in):
        raise UsageError(
            f"the margin `{excerpt(margin)}` does not fit {printable(metric)}, which is "
            f"measured in {measured_in}",
            "write it in that unit",
        )
    if measured_in == "share" and bound > 1:
        raise UsageError(
            f"the margin `{excerpt(margin)}` is more than all of a share",
            f"write {bound:g} points" if bound <= 100 and not percent else "write such as 2 points",
        )
    return with_sentence(
        Gate(
            sentence="",
            model=model,
            relation="not_worse",
            other=BASELINE,
            metric=metric,
            bound=bound,
            percent=percent,
            unit=unit,
        )
    )


def _measure(run: Run, model: str, metric: str) -> Measure:
    known = [m for m in run.measures if m.model == model and m.slice == "all"]
    for measure in known:
        if measure.metric == metric:
            return measure
    every = [measure.metric for measure in known]
    raise UsageError(
        f"the run has no metric `{excerpt(metric)}`{suggestion(metric, every)}",
        f"measured: {', '.join(every)}",
    )


def _scores(run: Run, model: str, measure: Measure) -> tuple[dict[str, float], bool]:
    """Row id to score, of the rows that the metric looks at; and whether they are right or wrong.

    The rows of a run on disk hold what each scorer said: enough for every metric that is a mean.
    """
    scorer = _scorer(measure.signature)
    stem, options = parse(measure.metric)
    if measure.metric == "cost":
        raise UsageError("the cost is no score of rows", "hold it against a number: a gate")
    samples = [_sample(row, model, scorer) for row in run.rows]
    if stem.replace("_", "-") not in names("metrics"):  # the mean of a scorer of the suite
        scores = {s.id: s.score.value for s in samples}
        return scores, all(isnan(v) or v in (0.0, 1.0) for v in scores.values())
    metric = find("metrics", stem)
    if metric.pair not in ("binary", "mean", "preference"):
        raise UsageError(
            f"{printable(measure.metric)} has no score per row to keep",
            "keep one that has: accuracy, exact_match, token_f1, recall[LABEL]",
        )
    if "labels" in metric.accepts:
        options = {**options, "labels": tuple(run.labels)}  # type: ignore[dict-item]
    values = metric.values(samples, **options)
    looked = metric.among(samples, **options)
    kept = [s.id for s, is_in in zip(samples, looked, strict=True) if is_in]
    return dict(zip(kept, values, strict=True)), metric.pair == "binary"


def _sample(row: Row, model: str, scorer: str) -> Sample:
    answer = row.answers[model]
    value = answer.scores.get(scorer, answer.score)
    return Sample(
        id=row.id,
        score=Score(value, answer=answer.read),
        expected=row.expected,
        reply=Reply(text=answer.text, finish=answer.finish, error=answer.error),  # type: ignore[arg-type]
        slices=row.slices,
        cluster=row.cluster,
    )


def _scorer(signature: str) -> str:
    """Whose samples a measure read, as its signature says; "" = any."""
    parts = (part.partition(":") for part in signature.split("|"))
    return next((value for key, _, value in parts if key == "scorer"), "")


def _notes(then: Baseline, now: Baseline) -> list[tuple[str, str]]:
    found = []
    if then.identity != now.identity:
        old, new = excerpt(then.identity or "?", 80), excerpt(now.identity or "?", 80)
        found.append((f"the model changed: {old} -> {new}", f"模型已改变：{old} -> {new}"))
    if then.evalkit != now.evalkit:
        found.append(
            (
                f"the baseline was set by evalkit {printable(then.evalkit)}",
                f"基线由 evalkit {printable(then.evalkit)} 写成",
            )
        )
    return found


_WORDS = {
    "better": ("{m} is better than its baseline", "{m} 优于其基线"),
    "pass": ("{m} is not worse than its baseline{by}", "{m} 不差于其基线{by}"),
    "unseen": ("{m} is not seen to be worse than its baseline", "未见 {m} 差于其基线"),
    "fail": ("{m} is worse than its baseline{by}", "{m} 差于其基线{by}"),
    "undecided": (
        "whether {m} is worse than its baseline{by} is undecided",
        "{m} 是否差于其基线{by}，尚不能判定",
    ),
    "nan": ("{m} cannot be held against its baseline", "{m} 无法与其基线比较"),
}


def _sentence(found: Checked, language: Language) -> str:
    at = 0 if language == "en" else 1
    d, gate = found.difference, found.gate
    margin = gate.gate.partition(" by ")[2].partition(" on ")[0]
    key: str = gate.verdict
    if isnan(d.interval.value):
        key = "nan"
    elif d.verdict == "better":
        key = "better"
    elif gate.verdict == "pass" and not margin:
        key = "unseen"
    by = ""
    if margin:
        chinese = margin.replace(" points", " 个百分点").replace(" point", " 个百分点")
        by = f" by {margin}" if at == 0 else f"（允许 {chinese}）"
    said = _WORDS[key][at].format(m=printable(d.candidate), by=by)
    colon, comma = (": ", ", ") if at == 0 else ("：", "，")
    line = f"{said}{colon}{change(d, language)}{comma}n = {d.interval.n}"
    needs = gate.needs.get(language, "")
    if not margin and key == "unseen" and not isnan(found.visible):
        shown = number_of(found.visible, d.unit)
        unit = {"share": (" points", " 个百分点")}.get(d.unit, (f" {d.unit}", f" {d.unit}"))[at]
        needs = (
            f"these rows show a loss of {shown}{unit} or more"
            if at == 0
            else f"这些行能看出 {shown}{unit} 以上的下降"
        )
    return f"{line}{'; ' if at == 0 else '；'}{needs}" if needs else line
