# SPDX-License-Identifier: Apache-2.0
"""What a suite needs of its models, held against what they can: told before anything is spent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.core.errors import UsageError
from evalkit.core.printable import printable
from evalkit.evaluation.asked import Ready
from evalkit.evaluation.metric_names import metric_named
from evalkit.evaluation.scorer_options import bound_scorers
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.metrics._parse import parse
from evalkit.models._capabilities import missing
from evalkit.models.ask import Terms, require_prices

__all__ = ["check_needs"]

_MENDS = {
    "system": "`system: drop`, or `system: '@FILE'` where the text belongs into the question",
    "response_format": "take `response_format` off it, or name a model that knows it",
    "tools": "name a model that takes tools, or a held-out set without them",
}


def check_needs(
    suite: Suite,
    task: Task,
    ready: Sequence[Ready],
    *,
    terms: Terms,
    batch: bool = False,
    judges: Sequence[Ready] = (),
) -> None:
    """Whether the models can do what the suite, its rows and the options ask of them.

    What a provider does not declare (a plug-in's, a recording's) is not held against it.

    Raises:
        UsageError: A model lacks something; all that is lacking is named.
    """
    lacking = [line for one in ready for line in _lacks(one)]
    lacking += _gates_without_probabilities(suite, task, ready)
    if lacking:
        more = f" (and {len(lacking) - 1} more such)" if len(lacking) > 1 else ""
        what, mend = lacking[0]
        raise UsageError(f"{what}{more}; nothing was asked", mend)
    everyone = [*ready, *judges]
    if batch and not any(one.model.batch is not None for one in everyone):
        raise UsageError(
            "no model of the suite can be asked by batch",
            "batches are known of OpenAI and Azure; leave --batch out for the others",
        )
    models = [one.model for one in everyone]
    require_prices(models, terms)
    if batch and terms.budget is not None:
        for model in models:
            if model.batch is not None and (model.rate is None or model.rate.batch_input is None):
                raise UsageError(
                    f"--budget: the batch price of `{printable(model.name)}` "
                    f"({printable(model.spec.use)}) is not known",
                    "say it in the suite, per million tokens, under the model: "
                    "price: {..., batch_input: 0.20, batch_output: 0.80}",
                )


def _lacks(one: Ready) -> Iterator[tuple[str, str]]:
    known = one.model.capabilities
    # A classical baseline reads texts and nothing else, and is wanted for just that.
    if not known or one.model.at_hand is not None or one.model.spec.use.startswith("baseline:"):
        return
    needed = set()
    if any(request.tools for request in one.requests):
        needed.add("tools")
    if any("response_format" in request.extra for request in one.requests):
        needed.add("response_format")
    if any(m.get("role") in ("system", "developer") for r in one.requests for m in r.messages):
        needed.add("system")
    for name in sorted(needed):
        for words in missing([name], known):
            yield (
                f"{printable(one.name)} ({printable(one.model.spec.use)}) takes no {words}",
                (f"model `{printable(one.name)}`: {_MENDS[name]}"),
            )


def _gates_without_probabilities(
    suite: Suite, task: Task, ready: Sequence[Ready]
) -> Iterator[tuple[str, str]]:
    """A gate on a metric of probabilities needs every model to give them: they are compared."""
    if not task.labels:
        return
    silent = [one.name for one in ready if not _gives_probabilities(one)]
    if not silent:
        return
    bound = bound_scorers(suite)
    for gate in suite.gates:
        name = gate.metric or task.primary
        if name == "cost" or metric_named(parse(name)[0], bound).pair != "rank":
            continue
        who = ", ".join(map(printable, silent))
        what = f"the gate `{printable(gate.sentence)}` needs label probabilities"
        yield (
            f"{what}, which {who} does not give",
            "gate on a metric of answers instead, such as accuracy or macro_f1",
        )


def _gives_probabilities(one: Ready) -> bool:
    """What is recorded may hold them: nobody knows before it is read."""
    return one.model.logprobs or one.model.spec.use.startswith(("replay:", "exec:", "python:"))
