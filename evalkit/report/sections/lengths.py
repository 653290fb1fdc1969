# SPDX-License-Identifier: Apache-2.0
"""How long the answers are and how long they took, model by model."""

from __future__ import annotations

from markupsafe import Markup

from evalkit.evaluation.result import Run
from evalkit.page import charts
from evalkit.page.markup import data, fill
from evalkit.page.numbers import amount, count, ends
from evalkit.page.phrase import Phrase, Text, same
from evalkit.report.lengths_of import answer_lengths, binned, quantile, shared_edges
from evalkit.report.names import model_name
from evalkit.report.reading import cut_off, measures_by
from evalkit.report.section import section

__all__ = ["lengths"]


@section(order=75, en="Lengths", zh="长度", applies=lambda run: bool(run.rows))
def lengths(run: Run, text: Text) -> Markup:
    """Quantiles of characters, tokens and time; a histogram each over the same columns."""
    written = [len(row.expected) for row in run.rows if row.expected]
    found = [(card.name, answer_lengths(run, card.name)) for card in run.models]
    edges = shared_edges([n for _, values in found for n in values] + written)
    named: list[tuple[Phrase, list[int]]] = [(model_name(run, m), v) for m, v in found]
    if written:
        named.insert(0, (text("expected", "期望"), written))
    lines = [_line(run, model, values) for model, values in found]
    if written:
        lines.insert(0, _quantiles(text("expected", "期望"), written))
    return fill(
        "evalkit.report.sections",
        "lengths.html",
        text=text,
        lines=lines,
        timed=any(line.get("latency") for line in lines),
        counted=any(line.get("tokens") for line in lines),
        plots=[
            (name, charts.histogram(binned(values, edges), _described(name, values, text)))
            for name, values in named
            if values and len(edges) > 2
        ],
        heads=[name for name, _ in named],
        bins=_bins(edges, [values for _, values in named]),
        doubling=len(edges) > 2 and edges[-1] - edges[-2] > edges[1] - edges[0],
    )


def _bins(edges: list[int], by: list[list[int]]) -> list[tuple[str, list[str]]]:
    """Span and counts of every column that holds anything."""
    columns = [binned(values, edges) for values in by]
    return [
        (charts.span(bins[0][0], bins[0][1]), [count(n) for _, _, n in bins])
        for bins in zip(*columns, strict=True)
        if any(n for _, _, n in bins)
    ]


def _quantiles(name: Phrase, values: list[int]) -> dict[str, object]:
    shown = [quantile(values, share) for share in (0.5, 0.9, 1.0)]
    return {
        "name": name,
        "figures": ["–" if n is None else count(n) for n in shown],
        "empty": count(sum(n == 0 for n in values)),
        "cut": "–",
        "tokens": "",
        "latency": None,
    }


def _line(run: Run, model: str, values: list[int]) -> dict[str, object]:
    told = [a.completion_tokens for a in (row.answers.get(model) for row in run.rows) if a]
    tokens = quantile([n for n in told if n is not None], 0.5)
    latency = measures_by(run).get((model, "latency", "all"))
    return {
        **_quantiles(model_name(run, model), values),
        "cut": count(cut_off(run, model)),
        "tokens": "" if tokens is None else count(tokens),
        "latency": None
        if latency is None
        else {
            "value": amount(latency.interval.value, latency.unit),
            "range": ends(latency.interval, latency.unit),
            "why": data(latency.interval.why, 80) if latency.interval.why else same(""),
        },
    }


def _described(name: Phrase, values: list[int], text: Text) -> Phrase:
    return text(
        "{m}: characters of {n} answers, median {k}, longest {l}",
        "{m}：{n} 个回答的字符数，中位数 {k}，最长 {l}",
        m=name,
        n=count(len(values)),
        k=count(quantile(values, 0.5) or 0),
        l=count(max(values)),
    )
