# SPDX-License-Identifier: Apache-2.0
"""R10: 200 payloads in every text of a run; nothing runs, and the text shows as written."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import count

import pytest

from evalkit.core.finding import Finding, Severity
from evalkit.core.location import Location
from evalkit.core.measure import Interval
from evalkit.core.printable import printable
from evalkit.evaluation.judging.verdicts import Point, Verdict
from evalkit.evaluation.result import Answer, AskedModel, GateResult, RepeatedAnswer, Row
from evalkit.lint.result import FileReport, Result
from evalkit.page.island import as_json
from evalkit.page.markup import showable
from evalkit.report.lint_page import lint_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What the page itself is made of; anything else would come from a text.
OURS = re.compile(
    "a|b|bdi|body|button|caption|circle|code|dd|defs|details|dialog|div|dl|dt|em|"
    "fieldset|figcaption|figure|g|h1|h2|h3|head|header|html|i|input|kbd|label|legend|li|"
    "line|main|mark|meta|meter|nav|noscript|ol|optgroup|option|p|path|polyline|rect|script|section|"
    "select|small|span|style|summary|svg|table|tbody|td|text|tfoot|th|thead|title|tr|ul"
)
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
# Runs in the page: every trace that a payload could leave
TRACES = """() => ({
  ran: window.ran, polluted: ({}).ran, title: document.title, href: location.href.split('#')[0],
  tags: [...new Set([...document.querySelectorAll('*')].map(e => e.localName))],
  handlers: [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(
    a => /^on|^style$|^src|^action$|^formaction$|^background$|^poster$|^data$/.test(a.name))).map(e => e.outerHTML),
  links: [...document.querySelectorAll('[href]')].map(e => e.getAttribute('href')).filter(h => !/^#/.test(h)),
  scripts: document.scripts.length, styles: document.styleSheets.length,
})"""


def as_shown(text: str) -> str:
    """The text as rows_text.js writes it."""
    text = text.replace("\r\n", "\n")
    return HIDDEN.sub(lambda m: f"<U+{ord(m.group()):04X}>", text)


def evil_run(samples, payloads):
    """One row for each payload with it in every text, and the run's own texts in turn."""
    rows = []
    for i, text in enumerate(payloads):
        calls = ((text, text), ("f", f'{{"k": {as_json(text)}, {as_json(text)}: 1}}'))
        repeats = tuple(
            RepeatedAnswer(text=text, finish=text, score=1.0, error=error) for error in (None, text)
        )
        said = Answer(
            text=text, finish=text, error=None, score=float(i % 2), read=text, probabilities={text: 0.5},
            scores={text: 1.0, "y": 0.0}, repeats=repeats, calls=calls,
        )  # fmt: skip
        failed = replace(
            said, error=f"no answer: {text}", repeats=(), calls=(), score=float(i % 3 == 0)
        )
        verdict = Verdict(id=text, first="win", second="loss", outcome=0.5, why=text)
        rows.append(
            Row(
                id=f"p{i}",
                source=text,
                line=i + 1,
                messages=((text, text), ("user", text)),
                expected=text,
                slices={"kind": text, text[:200]: "x"} if i < 12 else {"kind": text},
                answers={"base": said, "tuned": replace(said, score=1.0 - said.score), "third": failed},
                verdicts=((text, verdict),),
                points=((text, Point(id=text, score=1.0, said="read", why=text)),),
                calls=calls,
            )
        )  # fmt: skip
    turn = (payloads[i % len(payloads)] for i in count())
    cards = [
        AskedModel(
            name=name, spec=next(turn), host=next(turn), cost="1", cost_per_1000="1", currency=next(turn),
            price_as_of=next(turn), price_source=next(turn), system=next(turn), recorded=next(turn),
        )
        for name in ("base", "tuned", "third")
    ]  # fmt: skip
    run = samples._run(payloads[1], "classification", "accuracy", rows, cards, labels=payloads)
    gates = tuple(
        GateResult(
            gate=text, verdict=("pass", "fail", "undecided")[i % 3], unit="share",
            interval=Interval(value=0.5, low=0.4, high=0.6, n=9, why=text), needs={"en": text, "zh": text},
        )
        for i, text in enumerate(payloads)
    )  # fmt: skip
    return replace(
        run,
        confusions=tuple(
            samples._confusions(rows, cards[:1], payloads[:20])
        ),  # 200 x 200 takes long
        gates=gates,
        decision="dont_ship",
        notes=tuple((text, text) for text in payloads),
        provenance={text: text for text in payloads} | {"nested": {t: [t] for t in payloads}},
        started=payloads[2],
    )


def nothing_ran(page, *, scripts=1):
    found = page.evaluate(TRACES)
    assert found.pop("ran", None) is None
    assert found.pop("polluted", None) is None
    assert [tag for tag in found["tags"] if not OURS.fullmatch(tag)] == []
    assert found["handlers"] == []
    assert found["links"] == []
    assert found["scripts"] == scripts
    assert found["styles"] == 1
    assert found["href"].endswith("/page.html")
    return found


def lacks(shown: str, payloads, width: int, written=lambda text: showable(printable(text))):
    """Payloads whose beginning is nowhere in a text, white space aside."""
    flat = re.sub(r"\s+", " ", shown)
    wanted = (re.sub(r"\s+", " ", written(text)[:width]).strip() for text in payloads)
    return [text for text in wanted if text not in flat]


@pytest.mark.parametrize("bypass", [False, True], ids=["as it is", "without the policy"])
def test_rows_with_payloads_everywhere(opened, samples, payloads, bypass):
    """Also with the content security policy off: it is the second wall, not the only one."""
    assert len(set(payloads)) == 200
    with opened(evil_run(samples, payloads), "#size=0", bypass_csp=bypass) as page:
        page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
        page.evaluate("for (const e of document.querySelectorAll('#table .open')) e.click()")
        page.wait_for_timeout(500)
        nothing_ran(page)
        cells = page.eval_on_selector_all(
            "#table tr.row td.q > div", "all => all.map(e => e.textContent)"
        )
        assert cells == [as_shown(text) for text in payloads]
        details = page.eval_on_selector_all(
            "#table tr.detail", "all => all.map(e => e.textContent)"
        )
        for text, detail in zip(payloads, details, strict=True):
            # role, turn, expected, what every model says, labels, calls, reasons, source ...
            assert detail.count(as_shown(text)) >= 15
        for section in ("gates", "provenance"):
            assert lacks(page.locator(f"#{section}").text_content(), payloads, 30) == []
        plain = [text for text in payloads if printable(text) == text]  # notes are our sentences
        assert len(plain) > 180
        assert lacks(page.locator("#verdict").text_content(), plain, 30) == []
        options = page.eval_on_selector_all("#l option", "all => all.map(e => e.textContent)")
        assert lacks("\n".join(options), payloads, 30) == []
        options = page.eval_on_selector_all("#s0 option", "all => all.map(e => e.textContent)")
        assert lacks("\n".join(options), payloads, 30) == []
        page.locator("label[for=lang-zh]").click()
        page.locator("#q").fill("<script>")
        page.wait_for_timeout(300)
        nothing_ran(page)


@pytest.mark.parametrize("part", range(4))
def test_models_with_payloads_for_names(opened, samples, payloads, part):
    """50 models at a time, more than anyone compares, so that each payload is a name once."""
    names = payloads[part * 50 : part * 50 + 50]
    answer = Answer(text="yes", finish="stop", error=None, score=1.0, read="yes")
    rows = [
        Row(
            id=str(i), source="x.jsonl", line=i, messages=(("user", "?"),), expected="yes", slices={},
            answers={name: replace(answer, score=float((i + k) % 2)) for k, name in enumerate(names)},
        )
        for i in range(6)
    ]  # fmt: skip
    cards = [AskedModel(name=name, spec="replay:x.jsonl", requests=6) for name in names]
    run = replace(
        samples._run("names", "classification", "accuracy", rows, cards, labels=("yes", "no")),
        base=names[0],
        candidate=names[1],
    )
    with opened(run) as page:
        page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
        page.locator("#table .open").first.click()
        nothing_ran(page)
        heads = page.locator("#table thead").text_content()
        assert lacks(heads, names, 20) == []
        detail = page.locator("tr.detail").text_content()
        assert lacks(detail, names, 20, written=as_shown) == []
        groups = page.eval_on_selector_all("#m optgroup", "all => all.map(g => g.label)")
        assert lacks("\n".join(groups), names, 20) == []


def test_findings_with_payloads(opened, payloads):
    """Paths, cells, pointers, messages and excerpts of a page about a data set."""
    findings, excerpts = [], {}
    for i, text in enumerate(payloads):
        where = Location(source=text if i < 20 else "x.jsonl", line=i + 1)
        pointer = f"/{text}" if i % 2 else None
        excerpts[where, pointer] = printable(text)
        findings.append(
            Finding(
                code="ROL001", name="missing-assistant-message", severity=Severity.ERROR, location=where,
                message=printable(text), pointer=pointer, cell=text if i % 3 else None,
            )
        )  # fmt: skip
    sources = dict.fromkeys(finding.location.source for finding in findings)
    files = tuple(FileReport(path=path, notes=(printable(payloads[3]),)) for path in sources)
    result = Result(
        files=files, findings=tuple(findings), excerpts=excerpts, skipped=(payloads[4],)
    )
    with opened(lint_page(result, max_per_rule=0)) as page:
        page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
        nothing_ran(page, scripts=page.locator("script").count())
        shown = page.locator("main").text_content()
        assert lacks(shown, payloads, 30) == []
