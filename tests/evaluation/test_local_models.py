# SPDX-License-Identifier: Apache-2.0
"""The real base and the really fine-tuned model, judged by their own paired test."""

import pytest

from evalkit.core.resources import resource
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.suite import suite_from

pytestmark = [pytest.mark.slow, pytest.mark.local]

BASE, TUNED = "local:smollm2", "local:smollm2+tuned.gguf"


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Judges models on English rows of the demo; every answer is asked for once in all."""
    folder = resource("suites", "support")
    work = tmp_path_factory.mktemp("judged")
    lines = (folder / "intent.test.jsonl").read_text("utf-8").splitlines(keepends=True)
    english = [line for line in lines if '"lang": "en"' in line][:24]
    data = work / "english.jsonl"
    data.write_text("".join(english), "utf-8")

    def judge(**models):
        document = {
            "data": str(data),
            "models": models,
            "labels": ["refund", "delivery", "billing", "login", "cancel", "praise"],
            "generate": {"max_tokens": 4},
        }
        suite = suite_from(document, folder=folder, name="judged")
        return run_suite(suite, store=work / "store.sqlite", started="2026-01-01").run

    return judge


def test_tuned_is_better_swapped_worse_and_no_model_beats_itself(judged):
    right = judged(base=BASE, tuned=TUNED)
    assert right.differences[0].verdict == "better"
    assert right.decision == "ship"
    strict = {m.model: m.interval.value for m in right.measures if m.metric == "exact_match"}
    assert strict["base"] <= 0.2
    assert strict["tuned"] >= 0.7
    swapped = judged(base=TUNED, tuned=BASE)
    assert swapped.differences[0].verdict == "worse"
    assert [m.cached for m in swapped.models] == [24, 24]
    same = judged(base=TUNED, tuned={"use": TUNED})
    assert same.differences[0].verdict in ("undecided", "not_worse")
    assert same.differences[0].interval.value == 0
