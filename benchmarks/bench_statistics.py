# SPDX-License-Identifier: Apache-2.0
"""100,000 examples, 2 models, 6 metrics with intervals, differences and 20 slices: CPU and memory.

    python benchmarks/bench_statistics.py [EXAMPLES]

Budget (100,000): under 20 s of CPU and 1 GB of RSS, samples included. The same samples go the
engine's own way (`evaluation.measuring`): every metric of both models and their difference over
all rows, the primary one on 20 slices as well. Beside it, on the same scores and in the same
process, what is done without it: scipy.stats.bootstrap for the two accuracies and their difference
(2,000 draws), and scikit-learn's f1_score in a loop (a few draws, extrapolated to 2,000).
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.core.score import Sample, Score
from evalkit.evaluation.measuring import chosen, differences, measures, slices_of

_LABELS = ("bill", "cancel", "refund", "ship", "other")
_METRICS = ("accuracy", "macro_f1", "f1[refund]", "brier", "auroc", "length_chars")
_DRAWS, _LOOPED = 2000, 10


def samples(n: int, skill: float, seed: int) -> list[Sample]:
    """One model's answers: probabilities of five labels, the likeliest given."""
    import numpy as np

    shared = np.random.default_rng(1)  # the questions: the same for every model
    expected = shared.choice(len(_LABELS), size=n, p=[0.3, 0.25, 0.2, 0.15, 0.1])
    easy = shared.normal(size=n)
    place = shared.integers(10, size=(n, 2))
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(n, len(_LABELS)))
    scores[np.arange(n), expected] += skill + easy
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    given = chances.argmax(axis=1)
    names = [f"v{k}" for k in range(10)]
    texts = [Reply(text=label * 3) for label in _LABELS]
    found = []
    for i in range(n):
        wanted, said = int(expected[i]), int(given[i])
        found.append(
            Sample(
                id=str(i),
                score=Score(
                    float(wanted == said),
                    answer=_LABELS[said],
                    probabilities=dict(zip(_LABELS, chances[i].tolist(), strict=True)),
                    covered=1.0,
                ),
                expected=_LABELS[wanted],
                reply=texts[said],
                slices={"lang": names[place[i, 0]], "topic": names[place[i, 1]]},
            )
        )
    return found


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def peak() -> float:
    """Greatest RSS so far, GB."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (1e9 if sys.platform == "darwin" else 1e6)


def engine(n: int) -> tuple[dict[str, dict[str, list[list[Sample]]]], float]:
    """Measure, compare and slice; the CPU it took."""
    made = {"base": samples(n, 1.0, 2), "tuned": samples(n, 1.2, 3)}
    both = {name: {"label-logprob": [rows]} for name, rows in made.items()}
    print(f"samples of {n:,} examples x 2 models: RSS {peak():.2f} GB")
    metrics = [
        chosen(name, labels=_LABELS, labelled_by="label-logprob", seed=0) for name in _METRICS
    ]
    total, slices = timed(lambda: slices_of(made["base"], ["lang", "topic"]))
    print(f"  {'slices':24}{total:7.2f} s  ({len(slices) - 1})")
    whole = {"all": slices.pop("all")}

    def of(parts: list[Any], where: dict[str, Any]) -> list[Any]:
        measured = [
            m for name in both for m in measures(name, both[name], parts, where, confidence=0.95)
        ]
        compared = differences("tuned", "base", both, parts, where, confidence=0.95, seed=0)
        return [*measured, *compared]

    for one in metrics:
        seconds, found = timed(partial(of, [one], whole))
        total += seconds
        last = found[-1].interval
        print(
            f"  {one.name:24}{seconds:7.2f} s  {found[1].interval.value:10.4f}  "
            f"difference {last.value:+.4f} [{last.low:+.4f}, {last.high:+.4f}] {last.method}"
        )
    seconds, found = timed(lambda: of(metrics[:1], slices))
    total += seconds
    print(f"  {'accuracy on slices':24}{seconds:7.2f} s  ({len(found)} numbers)")
    print(f"evalkit: {total:.2f} s CPU, RSS {peak():.2f} GB (aim at 100,000: 20 s, 1 GB)")
    return both, total


def peers(both: dict[str, dict[str, list[list[Sample]]]], ours: float) -> None:
    import numpy as np
    from scipy.stats import bootstrap
    from sklearn.metrics import f1_score

    rows = {name: of["label-logprob"][0] for name, of in both.items()}
    right = {name: np.array([s.score.value for s in of]) for name, of in rows.items()}
    n = len(right["base"])

    def by_scipy() -> list[Any]:
        of: dict[str, Any] = {"n_resamples": _DRAWS, "batch": max(1, 4_000_000 // n)}
        parts = [right["base"], right["tuned"], right["tuned"] - right["base"]]
        return [bootstrap((x,), np.mean, rng=0, method="percentile", **of) for x in parts]

    seconds, _ = timed(by_scipy)
    print(f"scipy.stats.bootstrap, accuracy of 2 models and difference: {seconds:.2f} s CPU")
    codes = {label: i for i, label in enumerate(_LABELS)}
    wanted = np.array([codes[s.expected] for s in rows["base"]])
    said = {name: np.array([codes[s.score.answer or ""] for s in of]) for name, of in rows.items()}
    rng = np.random.default_rng(0)

    def by_scikit_learn() -> None:
        for _ in range(_LOOPED):
            drawn = rng.integers(n, size=n)
            for given in said.values():
                f1_score(wanted[drawn], given[drawn], average="macro")

    looped, _ = timed(by_scikit_learn)
    whole = looped * _DRAWS / _LOOPED
    print(
        f"f1_score in a loop, macro F1 of 2 models: {whole:.0f} s CPU for {_DRAWS} draws "
        f"({_LOOPED} measured)"
    )
    print(
        f"2 of the 6 metrics by scipy and scikit-learn: {seconds + whole:.0f} s, "
        f"{(seconds + whole) / ours:.1f} times evalkit's 6 with slices"
    )


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    both, ours = engine(n)
    peers(both, ours)


if __name__ == "__main__":
    main()
