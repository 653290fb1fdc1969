# SPDX-License-Identifier: Apache-2.0
"""From what a user asks for to a job: checked, then sent; the command and Python do the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from evalkit.core.dollars import dollars
from evalkit.core.errors import EvalkitError, MissingExtraError, RemoteError, UsageError
from evalkit.core.printable import excerpt
from evalkit.jobs.checks.bounds import possible
from evalkit.jobs.checks.check import Asked, Checked, checked
from evalkit.jobs.checks.model import known_target, no_new_jobs
from evalkit.jobs.pace import Pace
from evalkit.jobs.seam import Where, lacking, open_provider
from evalkit.jobs.sending import Submitted, Tell, submitted
from evalkit.lint.settings import Settings
from evalkit.models._endpoints import address, endpoints
from evalkit.models._weights import MissingWeightsError
from evalkit.targets.load import target_named

__all__ = ["foreseen", "host_of", "missing", "ready", "sent", "submit", "url_of"]

_CLOSED = "training_not_available"  # OpenAI's code, HTTP 403, for accounts that it shut out


async def submit(
    train: str | Path,
    *,
    target: str,
    model: str,
    validation: str | Path | None = None,
    method: str | None = None,
    hyperparameters: Mapping[str, int | float | str] | None = None,
    grader: Mapping[str, Any] | None = None,
    suffix: str | None = None,
    seed: int | None = None,
    metadata: Mapping[str, str] | None = None,
    budget: str | float | Decimal | None = None,
    where: Where = Where(),  # noqa: B008  (frozen)
    again: bool = False,
    settings: Settings = Settings(),  # noqa: B008  (frozen)
    pace: Pace = Pace(),  # noqa: B008  (frozen)
    tell: Tell = lambda _line: None,
    today: date | None = None,
) -> Submitted:
    """Order a training job, once its rows are fit for the provider; nobody is asked first.

    The same call again finds the job that it made, after a crash too.

    Args:
        train: Training rows, in a layout that the target reads.
        target: Whose job it is: "openai", "azure", "local", …
        model: To be tuned.
        validation: Validation rows.
        method: "sft", "preference", "rft", "completion"; None = told from the rows.
        hyperparameters: By their neutral names, such as n_epochs.
        grader: Of reinforcement: the provider's grader object.
        suffix: For the tuned model's name.
        seed: Of the training.
        metadata: Pairs of yours.
        budget: US dollars that training may cost at most.
        where: How to reach the provider, and where records are kept.
        again: Order another job though there is one.
        settings: Of the lint.
        pace: How long to wait for what.
        tell: Takes lines for the user.
        today: For the dates of models; None = today.

    Raises:
        ClosedError: The provider takes no such job any more.
        RefusedError: The rows do not pass lint, or training costs more than the budget.
        InputError: A file cannot be read.
        UsageError: A wrong model, method or bound, a file to be converted first, no key.
        RemoteError: The provider refused or could not be reached; the same call goes on.
        TwinsError: Another machine ordered the same at this moment, and ours cannot be cancelled.
    """
    name = known_target(target)
    asked = Asked(
        train=Path(train),
        validation=None if validation is None else Path(validation),
        target=name,
        model=model,
        method=method,
        hyperparameters=hyperparameters or {},
        grader=grader,
        suffix=suffix,
        seed=seed,
        metadata=metadata or {},
        url=url_of(name, where),
    )
    day = datetime.now().astimezone().date() if today is None else today
    passed = checked(asked, today=day, settings=settings, budget=_dollars(budget))
    return await sent(passed, where, again=again, pace=pace, tell=tell)


async def sent(
    passed: Checked,
    where: Where,
    *,
    again: bool = False,
    pace: Pace = Pace(),  # noqa: B008  (frozen)
    tell: Tell = lambda _line: None,
) -> Submitted:
    """The job of an order that passed the checks.

    Raises:
        ClosedError: The provider says that it takes no new jobs of this account.
        UsageError: No key, or the provider has no way to do that.
        RemoteError: As `submit`.
    """
    async with _opened_or_closed(passed, where) as provider:
        return await submitted(
            passed.order,
            provider,
            folder=where.folder,
            pace=pace,
            tell=tell,
            again=again,
            estimate=passed.estimate,
            key_env=where.key_env,
        )


async def ready(passed: Checked, where: Where) -> str | None:
    """Where the data will go, once there is a key and the provider can do it; nothing is sent.

    Returns:
        The host; None = nothing leaves this machine.

    Raises:
        UsageError: No key, no address, or the provider has no way to do that.
        MissingExtraError: Training on this machine needs packages that are not there.
    """
    async with open_provider(passed.order.target, where) as provider:
        possible(passed.order, provider.lacks)
        if (able := getattr(provider, "able", None)) is not None:  # training on this machine
            able(passed.order)
        return provider.host


async def foreseen(passed: Checked, where: Where) -> str | None:
    """As `ready`, as far as it can be told without a key.

    Returns:
        The host; None = nothing leaves this machine.

    Raises:
        UsageError: No address, or the provider has no way to do that.
    """
    with suppress(MissingExtraError):  # what sending needs; it is said then
        possible(passed.order, await lacking(passed.order.target))
    return host_of(passed.order.target, where)


async def missing(passed: Checked, where: Where) -> EvalkitError | None:
    """What training on this machine lacks: a package, or the model; None elsewhere.

    Raises:
        UsageError: It can never be carried out here: another model, method or hyperparameter.
    """
    if host_of(passed.order.target, where) is not None:
        return None
    try:
        async with open_provider(passed.order.target, where) as provider:
            if (able := getattr(provider, "able", None)) is not None:
                able(passed.order)
    except (MissingExtraError, MissingWeightsError) as lack:
        return lack
    return None


@asynccontextmanager
async def _opened_or_closed(passed: Checked, where: Where) -> AsyncIterator[Any]:
    """The order's provider; its "no new jobs" becomes the line that names who is open.

    Raises:
        ClosedError: So it says.
    """
    order = passed.order
    async with open_provider(order.target, where) as provider:
        try:
            yield provider
        except RemoteError as fault:
            if fault.status != 403 or _CLOSED not in fault.message:
                raise
            title = target_named(order.target).title
            raise no_new_jobs(
                f"{title} is closed: it takes no new training jobs of this account ({_CLOSED})",
                passed.others,
                str(order.train.path),
            ) from fault


def url_of(target: str, where: Where) -> str | None:
    """The base URL without secrets, where it is not the target's usual one.

    Raises:
        UsageError: It is no address of a server.
    """
    from evalkit.jobs.providers._openai_place import based, moved, url_for

    if target not in endpoints() or (where.url or moved(target)) is None:
        return None
    usual = endpoints()[target].base_url
    url = address(based(url_for(target, where), target)).url
    return None if usual is not None and url == address(usual).url else url


def host_of(target: str, where: Where) -> str | None:
    """Where data would go, for which no key is needed; None = it stays on this machine.

    Raises:
        UsageError: Every customer has an own address there, and none is given.
    """
    from evalkit.jobs.providers._openai_place import url_for

    if target not in endpoints():
        return None
    return address(url_for(target, where)).host


def _dollars(budget: str | float | Decimal | None) -> Decimal | None:
    if budget is None:
        return None
    amount = dollars(budget)
    if amount is None:
        raise UsageError(f"budget: {excerpt(str(budget))} is no sum of money", "such as 12.50")
    return amount
