# SPDX-License-Identifier: Apache-2.0
"""Which model is meant, whether it still takes jobs, and who else does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.registry import names, suggestion
from evalkit.estimation.closing import closing, still_training
from evalkit.jobs.refusals import ClosedError
from evalkit.jobs.words import Line
from evalkit.targets.card import ModelCard, Target
from evalkit.targets.load import base_of, model_named, target_named, target_names

__all__ = ["alternatives", "known_target", "meant", "no_new_jobs", "open_for"]


def known_target(name: str) -> str:
    """The name of a provider that evalkit can train at.

    Raises:
        UsageError: It cannot there.
    """
    wanted = name.strip().lower().replace("_", "-")
    known = names("jobs")
    if wanted in known:
        return wanted
    if wanted in target_names():
        raise UsageError(
            f"evalkit cannot start training at `{wanted}`: no public API for jobs is known of it",
            f"`evalkit prepare FILE --target {wanted}` writes its files and prints the steps; "
            f"jobs can be started at: {', '.join(known)}",
        )
    raise UsageError(
        f"no target named `{excerpt(name)}`{suggestion(wanted, known)}",
        f"jobs can be started at: {', '.join(known)}",
    )


def meant(target: str, model: str) -> tuple[str, ModelCard | None]:
    """A model's name as the provider knows it, and its card.

    A tuned model, which may be tuned on, keeps its name and has its base's card. Where no model of
    the target is on record the name is taken as it is, without a card.

    Raises:
        UsageError: The target has no such model on record, or it is another target's.
    """
    wanted = model.strip()
    owner, slash, rest = wanted.partition("/")
    own = target_named(target).models if target in target_names() else {}
    if slash and owner.lower() in target_names() and wanted not in own:  # openai/gpt-oss-20b is
        if owner.lower() != target:
            raise UsageError(
                f"`{excerpt(wanted)}` is a model of {owner.lower()}, and the job is for {target}",
                f"--target {owner.lower()}, or a model of {target}: evalkit models {target}",
            )
        wanted = rest
    if target not in target_names() or not target_named(target).models:
        return wanted, None
    card = model_named(f"{target}/{wanted}")
    return (wanted if base_of(wanted) != wanted else card.name), card


def alternatives(target: str, formats: Sequence[str], method: str, today: date) -> list[str]:
    """Other targets that take such rows on a day and that evalkit can train at, services first."""
    whose = [target_named(name) for name in names("jobs") if name in target_names()]
    return still_training(whose, formats, besides=target, today=today, method=method)


def no_new_jobs(why: str, others: Sequence[str], file: str) -> ClosedError:
    """The one line that says that a provider is closed, and who is open.

    Args:
        why: What is closed, and since when.
        others: From `alternatives`.
        file: Of the training rows.
    """
    if not others:
        return ClosedError(why, f"who takes such rows: evalkit estimate {file} --target all")
    return ClosedError(
        why,
        f"open: {', '.join(others)}; does the file fit there: evalkit lint {file} "
        f"--target {others[0]}",
    )


def open_for(
    card: ModelCard,
    target: Target,
    *,
    others: Sequence[str],
    file: str,
    today: date,
) -> list[Line]:
    """What a customer should know of the dates; empty where no end is known.

    Args:
        card: Of the model.
        target: Whose it is.
        others: From `alternatives`.
        file: Of the training rows.
        today: The day of the order.

    Raises:
        ClosedError: Nobody can start such a job any more.
    """
    end = closing(card, today)
    if end is None:
        return []
    title, name = target.title, printable(card.name)
    if end.state == "gone":
        raise no_new_jobs(
            f"{name} is closed: {title} stopped it and what was tuned from it on {end.retires}",
            others,
            file,
        )
    if end.state == "no-jobs":
        raise no_new_jobs(
            f"{title} is closed: it takes no new training jobs of {name} since {end.last_training}",
            others,
            file,
        )
    lines = []
    if end.state == "new-customers-closed":
        lines.append(_of_some(title, end.new_customers_until, end.dormant_until, today))
    if end.last_training is not None:
        lines.append(
            Line(
                f"{title} takes new training jobs until {end.last_training} (not included)",
                f"{title} 只在 {end.last_training} 之前接受新训练任务",
            )
        )
    if end.retires is not None:
        lines.append(
            Line(
                f"what is tuned from {name} stops answering on {end.retires}",
                f"由 {name} 微调的模型将于 {end.retires} 停止服务",
            )
        )
    return lines


def _of_some(title: str, since: date | None, dormant: date | None, today: date) -> Line:
    en = f"{title} takes jobs only of those who trained there before {since}"
    zh = f"{title} 只接受 {since} 之前已训练过的客户的任务"
    if dormant is not None and dormant <= today:
        en += f" and used a tuned model in the 60 days before {dormant}"
        zh += f"，且在 {dormant} 之前 60 天内用过微调模型"
    return Line(f"{en}: others are refused (403 training_not_available)", f"{zh}；其他客户会被拒绝")
