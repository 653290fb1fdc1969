# SPDX-License-Identifier: Apache-2.0
"""The whole result of a run, as reports, outputs and gates read it: values only, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from evalkit.core.measure import Difference, Interval, Measure
from evalkit.evaluation.forgetting.forgotten import Forgotten
from evalkit.evaluation.judging.judge_health import JudgeHealth
from evalkit.evaluation.judging.verdicts import Point, Verdict
from evalkit.evaluation.linted import Linted
from evalkit.evaluation.training import Training
from evalkit.statistics.calibration import MassBin

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Answer",
    "AskedModel",
    "Confusion",
    "Curves",
    "Decision",
    "FrameKind",
    "GateResult",
    "GateVerdict",
    "RepeatedAnswer",
    "Row",
    "Run",
]

Decision = Literal["ship", "dont_ship", "not_proven", "measured"]
GateVerdict = Literal["pass", "fail", "undecided"]
FrameKind = Literal["rows", "measures", "differences", "gates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedModel:
    """One model of the suite: what it is and what asking it took.

    Attributes:
        name: In the suite, such as "tuned".
        spec: As written there, such as "local:smollm2+support/tuned.gguf".
        host: Where requests went; None for models on this machine.
        requests: Answers wanted.
        cached: Of these, taken from the store.
        errors: Of these, that ended in an error.
        prompt_tokens: Sum as counted by the provider; None where it counts none.
        completion_tokens: Likewise.
        cost: Decimal string in `currency` for the whole run; None where no price is known.
        cost_per_1000: Decimal string per 1,000 answers.
        currency: Such as "USD".
        price_as_of: Date of the price, ISO.
        price_source: Where the price stands.
        system: What was done with system messages: "keep", "drop" or a file's name.
        recorded: Date of the recording for replayed answers, "" where it is not known, else None.
        prompt: Digest of what is asked, where the model's own settings change it (examples shown, a
            text put before, another system message); "" where the data say all.
    """

    name: str
    spec: str
    host: str | None = None
    requests: int = 0
    cached: int = 0
    errors: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: str | None = None
    cost_per_1000: str | None = None
    currency: str = "USD"
    price_as_of: str | None = None
    price_source: str | None = None
    system: str = "keep"
    recorded: str | None = None
    prompt: str = field(default="", metadata={"rare": True})


# Metadata of a field that files leave out where it has its default: runs without the feature keep
# their bytes.
_RARE = {"rare": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedAnswer:
    """One of several answers of one model to the same question.

    Attributes:
        text: The reply, untouched: hostile data.
        finish: As in `Reply`.
        score: Of the primary metric's scorer; NaN = not scored.
        read: What the scorer read out of the text, where it reads something.
        error: One line where the request failed.
        calls: As in `Answer`.
    """

    text: str
    finish: str
    score: float
    read: str | None = None
    error: str | None = field(default=None, metadata=_RARE)
    calls: Sequence[tuple[str, str]] = field(default=(), metadata=_RARE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one model answered to one example, and how it scored.

    Where a question was asked several times, text, finish, error, what was read, probabilities and
    tokens are those of the first answer; scores are means over the repeats that have one.

    Attributes:
        text: The reply, untouched: hostile data.
        finish: As in `Reply`.
        error: One line where the request failed.
        score: Of the primary metric's scorer; NaN = not scored.
        read: What the scorer read out of the text (the label), where it reads something.
        probabilities: Label to probability where known.
        scores: Scorer name to value, of all scorers.
        prompt_tokens: As counted by the provider, where it does.
        completion_tokens: Likewise.
        repeats: All answers, the first included, where there are several; else empty.
        calls: Name and arguments (JSON as the model wrote it: hostile) of each tool it called.
    """

    text: str
    finish: str
    error: str | None
    score: float
    read: str | None = None
    probabilities: Mapping[str, float] | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    repeats: Sequence[RepeatedAnswer] = field(default=(), metadata=_RARE)
    calls: Sequence[tuple[str, str]] = field(default=(), metadata=_RARE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One held-out example with every model's answer.

    Attributes:
        id: Stable: hash of the example, with a suffix for repeats of the same.
        source: Path of the data set as written in the suite.
        line: Physical line or spreadsheet row.
        messages: The prompt: role and text of each turn before the expected one.
        expected: The expected answer.
        slices: Slice field to value.
        answers: Model name to answer.
        cluster: Of its conversation, where several turns of one are asked; else None.
        verdicts: What a judge said of pairs of answers: "tuned vs base" and the verdict, of every
            pair and repeat.
        points: What a judge said of single answers: model and point, of every repeat.
        calls: The tool calls that are expected, as in `Answer`.
    """

    id: str
    source: str
    line: int
    messages: Sequence[tuple[str, str]]
    expected: str
    slices: Mapping[str, str]
    answers: Mapping[str, Answer]
    cluster: str | None = field(default=None, metadata=_RARE)
    verdicts: Sequence[tuple[str, Verdict]] = field(default=(), metadata=_RARE)
    points: Sequence[tuple[str, Point]] = field(default=(), metadata=_RARE)
    calls: Sequence[tuple[str, str]] = field(default=(), metadata=_RARE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Counts of expected label (rows) against given label (columns) for one model.

    Attributes:
        model: Name in the suite.
        metric: What gave the label: "accuracy" (label choice) or "exact" (strict text).
        labels: Row labels in suite order.
        columns: `labels`, then "(other)" for answers outside the set and "(none)" for no answer.
        counts: Shape (len(labels), len(columns)).
    """

    model: str
    metric: str
    labels: Sequence[str]
    columns: Sequence[str]
    counts: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What a model's probabilities of one label look like, at most 200 points a curve.

    Attributes:
        model: Name in the suite.
        label: The positive one of `roc` and `pr`; None = the most probable label of each answer,
            of which there is a reliability curve only.
        roc: (false positive rate, recall, threshold), from (0, 0) on; NaN = a threshold above all.
        pr: (recall, precision, threshold), by falling threshold.
        reliability: Bins of about as many answers each, by rising probability.
    """

    model: str
    label: str | None
    roc: Sequence[tuple[float, float, float]]
    pr: Sequence[tuple[float, float, float]]
    reliability: Sequence[MassBin]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """One gate and how it went.

    Attributes:
        gate: The sentence as written.
        verdict: pass, fail, undecided.
        interval: The number that decided: value, ends, n.
        unit: Of that number.
        needs: What would decide or pass it, English and Chinese, one line each; "" when passed.
        needed: About how many rows would decide it, where known.
        within_noise: Passed or failed, but the interval contains the threshold.
    """

    gate: str
    verdict: GateVerdict
    interval: Interval
    unit: str
    needs: Mapping[str, str] = field(default_factory=dict)
    needed: int | None = None
    within_noise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run.

    Attributes:
        suite: Its name.
        task: "classification" or "qa".
        primary: The metric that gives the verdict.
        labels: Labels in order, for classification.
        decision: ship, dont_ship, not_proven; "measured" where nothing is compared or gated.
        base: Name of the model compared with; None where one model only.
        candidate: Name of the model judged.
        models: In suite order.
        rows: In data order.
        measures: Of every model, metric and slice ("all" first).
        differences: Of every compared pair, metric and slice.
        gates: In suite order.
        confusions: For classification.
        visible: The least difference of the primary metric that this set can show at 80 % power,
            in its unit; NaN where not known.
        leaked: Held-out rows that also stand in the training file; None where not checked.
        unscored: Rows left out of the primary metric, by model.
        notes: Pairs of English and Chinese sentences that a reader must know.
        started: ISO time of the run, from the run's record.
        provenance: Versions, hashes, seeds, settings: label to value, in order.
        forgetting: How the models do on the suite's general set, where it has one.
        judge: How far the judge can be trusted on the first pair; None where nothing was judged.
        judged_by: The judge and what asking it took; None where it was asked nothing.
        positive: The label that stands for "yes", where the suite names one.
        thresholds: Model to the threshold on the positive label's probability that was chosen on
            the validation set and frozen; NaN where none could be chosen.
        curves: Of label probabilities, where the suite asks for what rests on them.
        linted: What lint says of the suite's files; empty where it has none.
        training: What training the candidate cost, where prices are known; else None.
    """

    suite: str
    task: str
    primary: str
    labels: Sequence[str]
    decision: Decision
    base: str | None
    candidate: str | None
    models: Sequence[AskedModel]
    rows: Sequence[Row]
    measures: Sequence[Measure]
    differences: Sequence[Difference]
    gates: Sequence[GateResult]
    confusions: Sequence[Confusion]
    visible: float
    leaked: int | None
    unscored: Mapping[str, int]
    notes: Sequence[tuple[str, str]]
    started: str
    provenance: Mapping[str, Any]
    forgetting: Forgotten | None = field(default=None, metadata=_RARE)
    judge: JudgeHealth | None = field(default=None, metadata=_RARE)
    judged_by: AskedModel | None = field(default=None, metadata=_RARE)
    positive: str | None = field(default=None, metadata=_RARE)
    thresholds: Mapping[str, float] = field(default_factory=dict, metadata=_RARE)
    curves: Sequence[Curves] = field(default=(), metadata=_RARE)
    linted: Sequence[Linted] = field(default=(), metadata=_RARE)
    training: Training | None = field(default=None, metadata=_RARE)

    def frame(self, kind: FrameKind = "measures") -> pd.DataFrame:
        """The run as a frame of pandas: "rows", "measures", "differences" or "gates".

        Raises:
            UsageError: No such kind.
            MissingExtraError: pandas is not installed.
        """
        from evalkit.evaluation.frames import frame_of

        return frame_of(self, kind)

    def _repr_html_(self) -> str:
        """The verdict, the measures and the gates, for notebooks; everything is escaped."""
        from evalkit.core.strings import language
        from evalkit.evaluation.notebook import html_of

        return html_of(self, language(None))
