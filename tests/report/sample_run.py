# SPDX-License-Identifier: Apache-2.0
"""Invented runs that look like real ones: what the report's tests, sample and pictures show.

Everything is worked out with evalkit's own statistics from seeded answers; no model was asked.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import isnan, nan

from evalkit.core.measure import Better, Difference, Interval, Measure
from evalkit.evaluation.result import Answer, AskedModel, Confusion, GateResult, Row, Run
from evalkit.evaluation.verdict import difference, visible_difference
from evalkit.statistics.mean import mean
from evalkit.statistics.paired import Paired, paired_binary, paired_mean
from evalkit.statistics.proportion import wilson

__all__ = [
    "PAYLOADS",
    "classification",
    "failing",
    "hostile",
    "identical",
    "large",
    "qa",
    "single",
    "undecided",
    "worse",
]

LABELS = ("refund", "delivery", "account", "billing", "technical", "praise")
_SYSTEM = "You sort messages to a shop's support desk. Answer with one label."

_THINGS = ("desk lamp", "headphones", "rain jacket", "coffee grinder", "bike light", "keyboard")
_DAYS = ("on Monday", "two weeks ago", "on 3 March", "yesterday", "last Friday", "in June")
_EN: Mapping[str, Sequence[str]] = {
    "refund": (
        "I sent the {thing} back {day} and still have not seen my money.",
        "The {thing} does not fit, so I would like my money back please.",
        "Can I return a {thing} that I bought {day} if the box is open?",
        "You promised the money for the {thing} within ten days. That was {day}.",
    ),
    "delivery": (
        "My {thing} was due {day} and the tracking page has not moved since.",
        "The courier left the {thing} with a neighbour I do not know.",
        "Is it still possible to change the address for the {thing} I ordered {day}?",
        "Half of my parcel is missing: the {thing} came, the rest did not.",
    ),
    "account": (
        "I cannot sign in any more since {day}; the code never arrives.",
        "Please delete my profile and everything you know about me.",
        "How do I change the e-mail address that I use to order a {thing}?",
        "Someone else seems to have ordered a {thing} under my name {day}.",
    ),
    "billing": (
        "You charged me twice for the {thing} I bought {day}.",
        "I need an invoice with our VAT number for the {thing}.",
        "Why is the {thing} three euros dearer on my card than in the shop?",
        "The voucher for the {thing} was not taken off {day}.",
    ),
    "technical": (
        "The {thing} will not switch on since {day}, although it is charged.",
        "How do I put new firmware on the {thing}?",
        "One side of the {thing} crackles as soon as I turn it up.",
        "The page freezes when I try to register the {thing}.",
    ),
    "praise": (
        "Just wanted to say that the {thing} is the best I ever had.",
        "Your colleague on the phone {day} was wonderful, thank you!",
        "The {thing} came a day early. Great work.",
        "Five stars for the {thing}, I told all my friends.",
    ),
}
_WARE = ("台灯", "耳机", "雨衣", "咖啡机", "车灯", "键盘")
_WANN = ("周一", "两周前", "三月三号", "昨天", "上周五", "六月")
_ZH: Mapping[str, Sequence[str]] = {
    "refund": ("{day}退回的{thing}到现在还没有退款。", "这个{thing}不合适，请给我退钱。"),
    "delivery": (
        "我的{thing}本该{day}送到，物流一直没有更新。",
        "快递把{thing}放在了不认识的邻居家。",
    ),
    "account": ("从{day}起我就登录不了，收不到验证码。", "请注销我的账号并删除全部资料。"),
    "billing": ("{day}买的{thing}被重复扣款了两次。", "请给{thing}开一张增值税发票。"),
    "technical": ("{thing}从{day}起就无法开机，明明充满了电。", "{thing}的固件要怎么升级？"),
    "praise": ("{thing}非常好用，谢谢你们！", "{day}接电话的客服特别耐心，点赞。"),
}
_MISTAKEN = {
    "refund": "billing",
    "billing": "refund",
    "delivery": "technical",
    "technical": "account",
    "account": "billing",
    "praise": "delivery",
}
_SHARES = {  # of right answers, by model and language
    "base": {"en": 0.58, "zh": 0.30},
    "tuned": {"en": 0.92, "zh": 0.33},
    "tfidf": {"en": 0.80, "zh": 0.20},
}


def classification(n: int = 156, *, seed: int = 11) -> Run:
    """Intents in English and Chinese; tuned is better, but not in Chinese."""
    random_ = random.Random(seed)  # noqa: S311 - invented data
    rows = []
    for i in range(n):
        lang = "zh" if i % 4 == 3 else "en"
        label = LABELS[random_.randrange(len(LABELS))]
        texts, things, days = (_ZH, _WARE, _WANN) if lang == "zh" else (_EN, _THINGS, _DAYS)
        text = random_.choice(texts[label]).format(
            thing=random_.choice(things), day=random_.choice(days)
        )
        rows.append(
            Row(
                id=_id(i, text),
                source="data/intent.test.jsonl",
                line=i + 1,
                messages=(("system", _SYSTEM), ("user", text)),
                expected=label,
                slices={"lang": lang, "channel": random_.choice(("mail", "chat", "chat", "form"))},
                answers={
                    name: _answer(label, share[lang], random_, name)
                    for name, share in _SHARES.items()
                },
            )
        )
    cards = [
        AskedModel(
            name="base",
            spec="openai/gpt-4.1-mini",
            host="api.openai.com",
            requests=n,
            prompt_tokens=61 * n,
            completion_tokens=2 * n,
            cost="0.004306",
            cost_per_1000="0.0276",
            price_as_of="2026-11-02",
            price_source="https://developers.openai.com/api/docs/pricing",
        ),
        AskedModel(
            name="tuned",
            spec="local:smollm2+support/tuned.gguf",
            requests=n,
            prompt_tokens=64 * n,
            completion_tokens=2 * n,
        ),
        AskedModel(name="tfidf", spec="baseline:tfidf-logreg", requests=n),
    ]
    run = _run("support-intent", "classification", "accuracy", rows, cards)
    gates = (
        _gate("tuned better than base", "pass", _all(run).interval),
        _gate("tuned accuracy >= 75%", "pass", _value(run, "tuned").interval, noise=True),
        _gate("tuned errors <= 1%", "pass", Interval(value=0.0, low=0.0, high=0.024, n=n)),
    )
    return replace(run, gates=gates, decision="ship")


def worse() -> Run:
    """The same models the other way round."""
    run = classification()
    turned = _recompared(run, base="tuned", candidate="base")
    failed = _gate(
        "base better than tuned", "fail", _all(turned).interval, needs=("it is worse", "结果更差")
    )
    kept = _gate(
        "base accuracy >= 75%",
        "fail",
        _value(turned, "base").interval,
        needs=("short by 24.4 points", "差 24.4 个百分点"),
    )
    return replace(turned, gates=(failed, kept), decision="dont_ship")


def undecided() -> Run:
    """Forty rows are too few."""
    run = classification(40, seed=5)
    rows = [
        replace(
            row,
            answers={
                **row.answers,
                "tuned": row.answers["base"] if i % 8 else row.answers["tuned"],
            },
        )
        for i, row in enumerate(run.rows)
    ]
    again = _run(run.suite, run.task, run.primary, rows, run.models)
    found = _all(again)
    gate = _gate(
        "tuned better than base",
        "undecided",
        found.interval,
        needed=found.needed,
        needs=("about 70 more rows would decide it", "大约再有 70 行数据才能判定"),
    )
    return replace(again, gates=(gate,), decision="not_proven")


def identical() -> Run:
    """A model against itself."""
    run = classification()
    rows = [replace(row, answers={**row.answers, "tuned": row.answers["base"]}) for row in run.rows]
    again = _run(run.suite, run.task, run.primary, rows, run.models)
    return replace(again, gates=(), decision="not_proven")


def single() -> Run:
    """One model, nothing to compare."""
    run = classification()
    rows = [replace(row, answers={"tuned": row.answers["tuned"]}) for row in run.rows]
    found = _run(run.suite, run.task, run.primary, rows, run.models[1:2])
    return replace(
        found, base=None, candidate="tuned", decision="measured", differences=(), visible=nan
    )


def failing() -> Run:
    """Errors, cut-off answers, leaked rows, and a partial run."""
    run = classification()
    rows = []
    for i, row in enumerate(run.rows):
        tuned = row.answers["tuned"]
        if i % 20 == 0:
            tuned = Answer(text="", finish="error", error="429: rate limit reached", score=nan)
        elif i % 17 == 0:
            tuned = replace(tuned, finish="length")
        rows.append(replace(row, answers={**row.answers, "tuned": tuned}))
    cards = [replace(c, errors=8) if c.name == "tuned" else c for c in run.models]
    again = _run(run.suite, run.task, run.primary, rows, cards)
    return replace(
        again,
        gates=(
            _gate("tuned better than base", "pass", _all(again).interval),
            _gate(
                "tuned recall[parcel] >= 95%",
                "fail",
                Interval(value=nan, why="no row has the label"),
                needs=("not measured: no row has the label", "没有测得：no row has the label"),
            ),
        ),
        decision="dont_ship",
        leaked=3,
        notes=(("PARTIAL: only the first 156 rows were asked.", "不完整：只问了前 156 行。"),),
    )


_ANSWERS = (
    ("How long does a refund take?", "A refund takes up to ten days once the parcel is back with us."),
    ("Can I change the address of my order?", "You can change the address until the parcel has left our house."),
    ("Do you ship to Norway?", "Yes, we ship to Norway; customs may add a fee on arrival."),
    ("Is the desk lamp dimmable?", "Yes, the desk lamp has five steps and remembers the last one."),
    ("怎么申请退款？", "在订单页面点击“申请退款”，十天内原路退回。"),
    ("可以开发票吗？", "可以，请在订单页面填写公司名称和税号。"),
)  # fmt: skip


def qa(n: int = 96) -> Run:
    """Short replies in a house style; the primary metric is a share of common words."""
    random_ = random.Random(3)  # noqa: S311 - invented data
    rows = []
    for i in range(n):
        asked, expected = _ANSWERS[i % len(_ANSWERS)]
        zh = ord(asked[0]) > 255
        rows.append(
            Row(
                id=_id(i, asked),
                source="data/replies.xlsx",
                line=i + 2,
                messages=(
                    ("user", f"{asked} (#{i + 1})" if not zh else f"{asked}（第 {i + 1} 单）"),
                ),
                expected=expected,
                slices={"lang": "zh" if zh else "en"},
                answers={
                    "base": _reply(expected, 0.45, random_),
                    "tuned": _reply(expected, 0.45 if zh else 0.8, random_),
                },
            )
        )
    cards = [
        AskedModel(name="base", spec="local:smollm2", requests=n),
        AskedModel(name="tuned", spec="local:smollm2+support/tuned.gguf", requests=n),
    ]
    run = _run("support-replies", "qa", "token_f1", rows, cards)
    gate = _gate("tuned better than base", "pass", _all(run).interval)
    return replace(run, gates=(gate,), decision="ship", leaked=None)


PAYLOADS: tuple[str, ...] = (
    "</script><img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<!--<script>alert(1)//-->",
    "--><svg onload=alert(1)>",
    "<img src=x onerror='document.title=1'>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "javascript:alert(1)",
    "<a href=javascript:alert(1)>x</a>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=https://example.invalid/x.css>",
    "<meta http-equiv=refresh content='0;url=https://example.invalid'>",
    "<base href=https://example.invalid/>",
    "<form action=https://example.invalid><button>x",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
    "{{ 7*7 }} {% raw %} {{ run.suite.__class__ }}",
    "${alert(1)} #{7*7} <%= 7*7 %>",
    "{0.__class__} {n} {x!r} %s %(n)s",
    "&lt;b&gt; &amp;amp; &#x3c;i&#x3e;",
    "]]> <![CDATA[ x ]]>",
    "\\u003cimg src=x onerror=alert(1)\\u003e",
    "</textarea></title></style></noscript></template><img src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "__proto__",
    "constructor",
    "=cmd|' /C calc'!A0",
    "line\u2028separator\u2029and\u0085next",
    "bidi \u202egnp.exe\u202c end",
    "control \x1b[31mred\x1b[0m \x00 \x07",
    "surrogate \ud83d alone",
    "zero\u200bwidth\ufeff",
    "non-character \ufffe\uffff",
    "中文 ‘引号’ <b>粗体</b>",
    "مرحبا <i>x</i> שלום",
    "a" * 3000,
    "\n\n\n\t\n",
    "",
)  # fmt: skip


def hostile() -> Run:
    """Every payload in every text that comes from data."""
    rows = []
    for i, payload in enumerate(PAYLOADS):
        right = float(i % 3 != 0)
        rows.append(
            Row(
                id=f"p{i}",
                source=f"data/{payload[:40]}.jsonl",
                line=i + 1,
                messages=(("system", payload), (payload[:30], payload), ("user", payload)),
                expected=payload,
                slices={"kind<b>": payload[:30] if i < 5 else "rest"},
                answers={
                    "base": Answer(text=payload, finish="stop", error=None, score=1.0 - right),
                    "tuned": Answer(
                        text=f"{payload} answered", finish=payload[:10], error=payload or None, score=right,
                        read=payload, probabilities={payload: 0.5}, scores={payload: 1.0, "x": nan},
                    ),
                },
            )
        )  # fmt: skip
    evil = PAYLOADS[0]
    cards = [
        AskedModel(
            name="base",
            spec=evil,
            host=evil,
            cost_per_1000=evil,
            price_as_of=evil,
            price_source=PAYLOADS[5],
        ),
        AskedModel(
            name="tuned",
            spec=PAYLOADS[6],
            system=evil,
            recorded=evil,
            currency=evil,
            cost="1",
            cost_per_1000="1",
        ),
    ]
    run = _run(evil, "classification", "accuracy", rows, cards, labels=(evil, "__proto__"))
    gate = _gate(evil, "fail", _all(run).interval, needs=(evil, evil))
    return replace(
        run,
        gates=(gate,),
        decision="dont_ship",
        notes=((evil, evil),),
        provenance={evil: evil, "nested": {evil: [evil, {"x": evil}]}, "surrogate": "\ud83d"},
        started=evil,
    )


def large(n: int = 10_000, size: int = 1000, pieces: Iterable[str] | None = None) -> Run:
    """n rows of about `size` bytes, half of them Chinese.

    Args:
        n: Rows.
        size: Bytes of a row's four texts together.
        pieces: Texts to use instead, four for a row; invented words without them.
    """
    random_ = random.Random(1)  # noqa: S311 - invented data
    stems = [
        "".join(random_.choice("bcdfghklmnprst") + random_.choice("aeiou") for _ in range(k))
        for k in (1, 2, 2, 3, 3, 4)
        for _ in range(200)
    ]
    given = iter(pieces or ())

    def prose(*, zh: bool) -> str:
        if pieces is not None:
            return next(given)
        if zh:
            return "".join(chr(0x4E00 + random_.randrange(800)) for _ in range(size // 12))
        return " ".join(random_.choices(stems, k=size // 12))[: size // 4]

    rows = []
    for i in range(n):
        zh = i % 2 == 1
        base, tuned = float(random_.random() < 0.6), float(random_.random() < 0.8)
        rows.append(
            Row(
                id=_id(i, str(i)),
                source="data/large.jsonl",
                line=i + 1,
                messages=(("user", prose(zh=zh)),),
                expected=prose(zh=zh),
                slices={"lang": "zh" if zh else "en"},
                answers={
                    "base": Answer(text=prose(zh=zh), finish="stop", error=None, score=base),
                    "tuned": Answer(text=prose(zh=zh), finish="stop", error=None, score=tuned),
                },
            )
        )
    cards = [
        AskedModel(name=name, spec=f"replay:{name}.jsonl", requests=n, recorded="2026-11-01")
        for name in ("base", "tuned")
    ]
    return replace(_run("large", "qa", "exact_match", rows, cards), decision="ship")


def _id(i: int, text: str) -> str:
    return hashlib.sha256(f"{i}:{text}".encode()).hexdigest()[:12]


def _answer(label: str, share: float, random_: random.Random, model: str) -> Answer:
    right = random_.random() < share
    read = label if right else _MISTAKEN[label]
    sure = random_.uniform(0.55, 0.97)
    rest = (1 - sure) / (len(LABELS) - 1)
    text = read if model != "base" or random_.random() < 0.7 else f"The label is {read}."
    return Answer(
        text=text,
        finish="stop",
        error=None,
        score=float(right),
        read=read,
        probabilities={name: round(sure if name == read else rest, 4) for name in LABELS},
        scores={"label-logprob": float(right), "exact": float(text == label)},
        prompt_tokens=61,
        completion_tokens=2,
    )


def _reply(expected: str, share: float, random_: random.Random) -> Answer:
    units = list(expected) if ord(expected[0]) > 255 else expected.split(" ")
    glue = "" if ord(expected[0]) > 255 else " "
    kept = [u if random_.random() < share else ("嗯" if not glue else "well") for u in units]
    value = sum(a == b for a, b in zip(kept, units, strict=True)) / len(units)
    return Answer(
        text=glue.join(kept), finish="stop", error=None, score=round(value, 4), scores={"token-f1": value}
    )  # fmt: skip


def _scores(rows: Sequence[Row], model: str) -> list[float]:
    return [row.answers[model].score for row in rows]


def _binary(rows: Sequence[Row]) -> bool:
    return all(a.score in (0.0, 1.0) or isnan(a.score) for r in rows for a in r.answers.values())


def _interval(rows: Sequence[Row], model: str) -> Interval:
    scores = _scores(rows, model)
    known = [s for s in scores if not isnan(s)]
    if _binary(rows):
        return wilson(sum(known), len(known), left_out=len(scores) - len(known))
    return mean(scores)


def _paired(rows: Sequence[Row], base: str, candidate: str) -> Paired:
    test: Callable[..., Paired] = paired_binary if _binary(rows) else paired_mean
    return test(_scores(rows, base), _scores(rows, candidate))


def _measures(
    rows: Sequence[Row], cards: Sequence[AskedModel], primary: str, labels: Sequence[str]
) -> list[Measure]:
    found: list[Measure] = []

    def add(
        model: str, metric: str, where: str, interval: Interval, better: Better = "higher"
    ) -> None:
        found.append(
            Measure(
                model=model, metric=metric, slice=where, interval=interval, unit="share",
                better=better, signature=f"{metric}|scorer:{'label-logprob' if labels else primary}|ci:{interval.method}95|v:0.1.0",
            )
        )  # fmt: skip

    for card in cards:
        add(card.name, primary, "all", _interval(rows, card.name))
        exact = [a.scores.get("exact") for a in (r.answers[card.name] for r in rows)]
        if labels and all(x is not None for x in exact):
            add(card.name, "exact_match", "all", wilson(sum(x or 0 for x in exact), len(rows)))
        for label in labels:
            of = [r for r in rows if r.expected == label]
            said = [r for r in rows if r.answers[card.name].read == label]
            add(
                card.name,
                f"recall[{label}]",
                "all",
                _interval(of, card.name) if of else Interval(value=nan, why="no row has the label"),
            )
            add(
                card.name,
                f"precision[{label}]",
                "all",
                _interval(said, card.name)
                if said
                else Interval(value=nan, why="no answer has the label"),
            )
        errors = sum(r.answers[card.name].finish == "error" for r in rows)
        add(card.name, "errors", "all", wilson(errors, len(rows)), "lower")
        for where, part in _parts(rows).items():
            add(card.name, primary, where, _interval(part, card.name))
    return found


def _parts(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        for field, value in row.slices.items():
            found.setdefault(f"{field}={value}", []).append(row)
    return dict(sorted(found.items()))


def _differences(
    rows: Sequence[Row], primary: str, pairs: Sequence[tuple[str, str]]
) -> list[Difference]:
    return [
        difference(
            _paired(part, base, candidate), metric=primary, base=base, candidate=candidate,
            where=where, better="higher", unit="share",
        )
        for base, candidate in pairs
        for where, part in {"all": list(rows), **_parts(rows)}.items()
    ]  # fmt: skip


def _confusions(
    rows: Sequence[Row], cards: Sequence[AskedModel], labels: Sequence[str]
) -> list[Confusion]:
    columns = (*labels, "(other)", "(none)")
    found = []
    for card in cards:
        counts = [[0] * len(columns) for _ in labels]
        for row in rows:
            if row.expected in labels:
                read = row.answers[card.name].read
                column = columns.index(read) if read in labels else len(labels) + (read is None)
                counts[labels.index(row.expected)][column] += 1
        found.append(
            Confusion(
                model=card.name, metric="accuracy", labels=labels, columns=columns, counts=counts
            )
        )
    return found


def _run(
    suite: str,
    task: str,
    primary: str,
    rows: Sequence[Row],
    cards: Sequence[AskedModel],
    labels: Sequence[str] | None = None,
) -> Run:
    labels = (LABELS if task == "classification" else ()) if labels is None else labels
    names = [card.name for card in cards]
    pairs = [("base", "tuned")] if "base" in names else []
    pairs += [("tfidf", "tuned")] if "tfidf" in names else []
    return Run(
        suite=suite,
        task=task,
        primary=primary,
        labels=labels,
        decision="measured",
        base="base" if "base" in names else None,
        candidate="tuned",
        models=tuple(cards),
        rows=tuple(rows),
        measures=tuple(_measures(rows, cards, primary, labels)),
        differences=tuple(_differences(rows, primary, pairs)),
        gates=(),
        confusions=tuple(_confusions(rows, cards, labels)) if labels else (),
        visible=visible_difference(_paired(rows, "base", "tuned")) if pairs else nan,
        leaked=0,
        unscored={name: sum(isnan(s) for s in _scores(rows, name)) for name in names},
        notes=(),
        started="2026-11-20T14:03:27Z",
        provenance={
            "evalkit": "0.1.0",
            "python": "3.11.7",
            "suite sha256": "9f2c51e06bd1b6f3f6a0f2d7c5a6b0a3",
            "data sha256": "41d0cf4a7a4d7c19b6d0b2f4f1f0e8a2",
            "rows": len(rows),
            "seed": 0,
            "confidence": 0.95,
            "packages": {"numpy": "2.4.6", "scikit-learn": "1.9.1"},
        },
    )


def _recompared(run: Run, *, base: str, candidate: str) -> Run:
    paired = _paired(run.rows, base, candidate)
    return replace(
        run,
        base=base,
        candidate=candidate,
        differences=tuple(_differences(run.rows, run.primary, [(base, candidate)])),
        visible=visible_difference(paired),
    )


def _all(run: Run) -> Difference:
    return next(d for d in run.differences if d.slice == "all" and d.base == run.base)


def _value(run: Run, model: str) -> Measure:
    return next(m for m in run.measures if (m.model, m.slice) == (model, "all"))


def _gate(
    sentence: str,
    verdict: str,
    interval: Interval,
    *,
    needed: int | None = None,
    needs: tuple[str, str] = ("", ""),
    noise: bool = False,
) -> GateResult:
    return GateResult(
        gate=sentence,
        verdict=verdict,
        interval=interval,
        unit="share",
        needs={"en": needs[0], "zh": needs[1]},
        needed=needed,
        within_noise=noise,
    )
