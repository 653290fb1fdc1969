# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from evalkit.core.example import Broken, Example
from evalkit.core.location import Location
from evalkit.data.recognise import layout


@pytest.fixture
def row():
    """Makes an example: `row({"messages": [...]}, line=3)`, or a broken one with `kind`."""

    def make(value, *, line=1, source="a.jsonl", format="openai-chat", kind=None):  # noqa: A002
        where = Location(source=source, line=line, number=line)
        raw = json.dumps(value, ensure_ascii=False).encode()
        if kind:
            return Example(where, raw, None, layout(format), Broken(kind))
        return Example(where, raw, value, layout(format) if format else None)

    return make


@pytest.fixture
def chat():
    """A row's value with one question and one answer."""
    return lambda answer="Four.", **more: {
        "messages": [
            {"role": "user", "content": "2 + 2?"},
            {"role": "assistant", "content": answer, **more},
        ]
    }


@pytest.fixture
def made():
    """Makes an estimate by hand: `made("gpt-4.1-mini", examples=20)`; every number is known."""
    from evalkit.estimation.batches import batch
    from evalkit.estimation.cost import cost
    from evalkit.estimation.epochs import epochs
    from evalkit.estimation.facts import Counting, Estimate, Job, Shares
    from evalkit.estimation.profile_spread import spread
    from evalkit.targets.load import model_named, target_named

    def make(model="gpt-4.1-mini", *, examples=20, asked=None, batch_size=None, **changed):
        card = model_named(model)
        training = target_named(card.target).training
        counts = {200 + 5 * (n % 17): 1 + n % 3 for n in range(17)}
        chosen = epochs(examples, training.epochs, asked)
        steps = None if batch_size is None else chosen.number * -(-examples // batch_size)
        billed = changed.pop("billed_per_epoch", 5_220)
        known = {
            "job": Job(model=card, training=training, batch_size=batch_size, epochs=asked),
            "method": "sft",
            "files": (("train.jsonl", examples),),
            "examples": examples,
            "billed_per_epoch": billed,
            "cookbook_per_epoch": billed + 2 * examples,
            "loss_per_epoch": 2_051,
            "epochs": chosen,
            "batch": batch(examples, training.batch, batch_size),
            "steps": steps,
            "padding_per_epoch": 0,
            "validation": None,
            "cost": cost(billed * chosen.number, card.training),
            "duration": None,
            "counting": Counting(
                tokenizer=card.encoding or "o200k_base", texts="exact", error=None, frame="billed"
            ),
            "formats": ("openai-chat",),
            "example": spread(counts),
            "roles": {"user": spread({20: 3, 40: 2}), "assistant": spread({100: 4, 120: 1})},
            "turns": spread({1: 18, 3: 2}),
            "shares": Shares(
                system=1_000, tools=0, user=900, assistant=2_051, results=0, images=0,
                frame=billed - 3_951,
            ),
            "outliers": (),
            "longest": 631,
            "over_long": 0,
            "cut_rows": (),
            "lost": 0,
            "unlearned": 0,
            "with_tools": 0,
            "with_images": 0,
            "images": 0,
            "images_unknown": 0,
            "with_media": 0,
            "left_out": 0,
            "left_out_rows": (),
            "prompt_tokens": 150.0,
            "answer_tokens": 102.5,
            "system_tokens": 50.0,
        }  # fmt: skip
        return Estimate(**{**known, **changed})

    return make


@pytest.fixture
def answered():
    """Makes what is shown out of estimates, as `answer` does: `answered(made(), language="zh")`."""
    from datetime import date

    from evalkit.estimation.answer import outlook_of
    from evalkit.estimation.outlook import Estimation
    from evalkit.estimation.question import Question
    from evalkit.estimation.side_by_side import side_by_side

    today = date(2026, 11, 21)

    def answer(*estimates, language="en", question=None, others=("together",), fits=None, **more):
        asked = question or Question()
        offers = side_by_side(estimates, today=today, hosting_days=asked.hosting_days)
        outlooks = tuple(
            outlook_of(one, asked, today=today, others=others, fits=fits) for one in offers
        )
        compared = more.pop("compared", len(outlooks) > 1)
        return Estimation(
            outlooks=outlooks, compared=compared, today=today, language=language, **more
        )

    return answer
