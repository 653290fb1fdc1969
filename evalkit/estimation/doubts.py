# SPDX-License-Identifier: Apache-2.0
"""Why a sum may not be what the job will cost, or the job not be taken: said beside the sum.

A budget is not held by a sum that is doubtful: it is over as soon as what is known is over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evalkit.core.printable import printable
from evalkit.estimation.closing import trains
from evalkit.estimation.facts import Estimate
from evalkit.estimation.side_by_side import Offer, least_unknown, reads_layouts
from evalkit.page.phrase import Phrase, joined, say
from evalkit.targets.load import target_named

__all__ = ["Doubt", "doubts"]

Kind = Literal[
    "layout", "method", "closed", "empty", "uncounted", "padding", "validation", "least-sum",
    "time",
]  # fmt: skip
_METHODS = {
    "sft": say("supervised fine-tuning", "监督微调"),
    "preference": say("preference pairs", "偏好优化"),
    "rft": say("reinforcement", "强化微调"),
    "completion": say("prompt and completion", "提示与补全"),
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason.

    Attributes:
        kind: "layout", "method", "closed", "empty" = such a job is not taken; "uncounted" = more is
            billed than was counted; "padding" = rows are padded, nobody says
            to what length; "validation", "least-sum" = a rule of the bill is not on
            record; "time" = billed by the hour.
        said: In one sentence without a stop.
    """

    kind: Kind
    said: Phrase

    @property
    def more(self) -> bool:
        """Whether the job may cost more than the sum says."""
        return self.kind in ("uncounted", "padding", "validation", "least-sum")


def doubts(offer: Offer) -> tuple[Doubt, ...]:
    """What stands against the sum of an offer; empty where nothing does."""
    estimate = offer.estimate
    card, name = estimate.model, printable(estimate.model.name)
    found = []
    if not reads_layouts(card, estimate.formats):
        found.append(Doubt("layout", _layout(estimate)))
    if not trains(card, estimate.method):
        method = _METHODS.get(estimate.method, say(estimate.method, estimate.method))
        found.append(
            Doubt(
                "method",
                say(
                    "{m} is not known to be trained by {w}",
                    "没有 {m} 支持{w}的记录",
                    m=name,
                    w=method,
                ),
            )
        )
    if offer.closing is not None and offer.closing.state in ("no-jobs", "gone"):
        found.append(Doubt("closed", say("{m} takes no new job", "{m} 不再接受新任务", m=name)))
    if estimate.over_long == estimate.examples > 0 == estimate.billed_per_epoch:
        found.append(
            Doubt(
                "empty",
                say(
                    "every example is too long and left out: nothing is trained on",
                    "所有样本都过长而被跳过，没有可训练的内容",
                ),
            )
        )
    if missing := _uncounted(estimate):
        found.append(Doubt("uncounted", joined(missing, en=", ", zh="，")))
    if estimate.job.training.packing == "padded" and estimate.job.padded_to is None:
        found.append(
            Doubt(
                "padding",
                say(
                    "each row is billed as a whole sequence, whose length is not on record: "
                    "--sequence-length",
                    "每条按整段序列计费，但序列长度没有记录：请用 --sequence-length",
                ),
            )
        )
    held = estimate.validation
    if held is not None and held.billed is None:
        found.append(
            Doubt(
                "validation",
                say("validation may be billed too", "验证可能也要计费"),
            )
        )
    if least_unknown(estimate):
        found.append(
            Doubt(
                "least-sum",
                say(
                    "{t} has a least sum of a job, which is not on record for this model",
                    "{t} 对任务有最低费用，但没有该模型的记录",
                    t=card.target,
                ),
            )
        )
    if estimate.cost is None and card.training_per_hour is not None:
        found.append(Doubt("time", say("the job is billed by the hour", "任务按小时计费")))
    return tuple(found)


def _layout(estimate: Estimate) -> Phrase:
    card = estimate.model
    unread = set(estimate.formats) - set(target_named(card.target).formats)
    return say(
        "{t} does not read {f}: evalkit convert {p} converted.jsonl --to {t}",
        "{t} 不读取 {f}：evalkit convert {p} converted.jsonl --to {t}",
        t=card.target,
        f=printable(", ".join(sorted(unread))),
        p=printable(estimate.files[0][0]) if estimate.files else "FILE",
    )


def _uncounted(estimate: Estimate) -> list[Phrase]:
    found = []
    if n := estimate.left_out:
        found.append(
            say(
                "{n} record{s} not counted",
                "{n} 条记录未计入",
                n=f"{n:,}",
                s=" is" if n == 1 else "s are",
            )
        )
    if n := estimate.images_unknown:
        found.append(
            say(
                "{n} image{s} not counted",
                "{n} 张图片未计入",
                n=f"{n:,}",
                s=" is" if n == 1 else "s are",
            )
        )
    if n := estimate.with_media:
        found.append(
            say(
                "audio or files of {n} example{s} are not counted",
                "{n} 条样本的音频或文件未计入",
                n=f"{n:,}",
                s="" if n == 1 else "s",
            )
        )
    return found
