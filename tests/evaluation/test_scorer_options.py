# SPDX-License-Identifier: Apache-2.0
"""The suite key `scorers`: options, other names, graders and functions of one's own."""

import json
from math import isnan

import pytest

from evalkit.core.errors import EvalkitError, InputError, UsageError
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.scorer_options import bound_scorer, bound_scorers
from evalkit.evaluation.suite import load_suite

CHECKS = '''
from evalkit.core.score import Score

def polite(reply) -> bool:
    """True where it thanks."""
    return "thank" in reply.text.lower()

def words(reply, question, *, most: int = 3):
    return {"score": len(reply.text.split()), "why": f"asked {question}", "answer": most}

def shaky(reply, expected):
    if reply.text == "boom":
        raise KeyError("no key sk-0123456789abcdef0123456789abcdef")
    return None if reply.text == "?" else float(reply.text == expected)

def scored(reply):
    return Score(0.5)

def odd(reply, weather): ...
async def later(reply): return 1.0
async def stream(reply): yield 1.0
class Later:
    def __init__(self, text): ...
def exits(reply): raise SystemExit(0)
def seven(reply) -> bool: return 7
'''
ROWS = [(f"q{i}", f"answer {i}", {"lang": "en"}) for i in range(6)]


@pytest.fixture
def suite_of(tmp_path, recorded):
    """Writes a suite over recorded answers, with what is below `scorers:`."""
    (tmp_path / "checks.py").write_text(CHECKS, "utf-8")

    def make(scorers, rows=ROWS, rest="", **answers):
        answers = answers or {"base": [f"answer {i}" for i in range(len(rows))]}
        told = "scorers:\n" + "".join(f"  {line}\n" for line in scorers) if scorers else ""
        return load_suite(recorded(rows, told + rest, **answers))

    return make


def run_of(suite, tmp_path):
    return run_suite(suite, store=tmp_path / "store.sqlite", started="2026-01-01").run


def measure(run, model, metric):
    (found,) = [m for m in run.measures if (m.model, m.metric, m.slice) == (model, metric, "all")]
    return found


def test_scorers_are_metrics(suite_of, tmp_path):
    suite = suite_of(
        [
            "polite: python:checks.py:polite",
            "words: {use: 'python:checks.py:words', most: 5, unit: words, better: lower}",
            "strict_match: {use: exact, normal: strict}",
            "numeric: {tolerance: 1%}",
        ],
        rest="metrics: [polite, words, strict_match, numeric, contains, rouge_1, bleu]\n"
        "gates: [tuned polite >= 50%, tuned words <= 9]\n",
        base=["answer 0", "Answer 1", "thanks", "thank you", "answer 4", ""],
        tuned=["thank you: answer 0"] * 6,
    )
    run = run_of(suite, tmp_path)
    polite = measure(run, "base", "polite")
    assert polite.interval.value == pytest.approx(2 / 6)
    assert (polite.unit, polite.better, polite.interval.method) == ("share", "higher", "wilson")
    words = measure(run, "base", "words")
    assert (words.unit, words.better, words.interval.method) == ("words", "lower", "t")
    assert words.interval.value == pytest.approx(9 / 6)
    assert measure(run, "base", "strict_match").interval.value == pytest.approx(2 / 6)
    assert measure(run, "base", "exact_match").interval.value == pytest.approx(3 / 6)
    assert measure(run, "base", "numeric").interval.value == pytest.approx(3 / 6)
    assert measure(run, "base", "bleu").metric == "bleu"
    assert [gate.verdict for gate in run.gates] == ["pass", "pass"]
    of = {d.metric: d for d in run.differences if d.slice == "all"}
    assert of["polite"].fixed == 4
    assert of["polite"].interval.value == pytest.approx(4 / 6)
    assert of["words"].interval.value == pytest.approx(4 - 9 / 6)


def test_options_and_code_are_in_the_signature(suite_of, tmp_path):
    plain = run_of(suite_of([], rest="metrics: [numeric, rouge_l]\n"), tmp_path)
    asked = [
        "numeric: {tolerance: 0.5}",
        "rouge-l: {tokenise: chars}",
        "own: python:checks.py:polite",
    ]
    told = run_of(suite_of(asked, rest="metrics: [numeric, rouge_l, own]\n"), tmp_path)
    for name in ("numeric", "rouge_l"):
        one, two = (measure(run, "base", name).signature for run in (plain, told))
        assert one != two
        assert one in two.replace("|with:tolerance:0.5", "").replace("|with:tokenise:chars", "")
    first = measure(told, "base", "own").signature
    (tmp_path / "checks.py").write_text(CHECKS + "# changed\n", "utf-8")
    assert measure(run_of(suite_of(asked, rest="metrics: [own]\n"), tmp_path), "base", "own")
    again = run_of(suite_of(asked, rest="metrics: [own]\n"), tmp_path)
    (tmp_path / "checks.py").write_text(CHECKS + "# changed again\n", "utf-8")
    assert measure(again, "base", "own").signature != first


def test_a_function_that_raises_is_told_and_not_scored(suite_of, tmp_path):
    suite = suite_of(
        ["shaky: python:checks.py:shaky"],
        rest="metrics: [shaky]\ngates: [base shaky >= 0.1]\n",
        base=["answer 0", "boom", "?", "x", "answer 4", "boom"],
    )
    run = run_of(suite, tmp_path)
    found = measure(run, "base", "shaky").interval
    assert (found.n, found.left_out) == (3, 3)
    assert found.value == pytest.approx(2 / 3)
    (note,) = [en for en, _ in run.notes if "shaky" in en]
    assert "failed on 2 of 6" in note
    assert "sk-0123456789" not in note


def test_labels_by_other_names_and_in_sentences(suite_of, tmp_path):
    rows = [(f"q{i}", ("refund", "ship")[i % 2], {}) for i in range(8)]
    answers = ["money back", "delivery", "It is a refund.", "ship", "none", "", "refund", "refund"]
    plain = run_of(suite_of([], rows=rows, base=answers), tmp_path)
    assert measure(plain, "base", "accuracy").interval.value == pytest.approx(2 / 8)
    suite = suite_of(
        ["label: {synonyms: {refund: [money back], ship: delivery}, find: anywhere}"],
        rows=rows,
        base=answers,
    )
    run = run_of(suite, tmp_path)
    found = measure(run, "base", "accuracy")
    assert found.interval.value == pytest.approx(5 / 8)
    assert "synonyms" in found.signature
    (table,) = [c for c in run.confusions if c.metric == "accuracy"]
    assert table.columns == ("refund", "ship", "(other)", "(none)")
    assert table.counts == ((3, 0, 0, 1), (1, 2, 0, 1))


def test_a_suite_that_says_how_text_is_read_has_it_read(suite_of, tmp_path):
    """Not the log-probabilities, which every model gives here."""
    from evalkit.core.exchange import Position, Reply

    rows = [(f"q{i}", ("refund", "ship")[i % 2], {}) for i in range(8)]
    likely = (Position("ship", -0.1, (("ship", -0.1), ("refund", -3.0))),)
    answers = [Reply(text=f"It is {answer}", positions=likely) for _, answer, _ in rows]
    by_mass = measure(run_of(suite_of([], rows=rows, base=answers), tmp_path), "base", "accuracy")
    assert "scorer:label-logprob" in by_mass.signature
    assert by_mass.interval.value == 0.5
    told = suite_of(["label: {find: anywhere}"], rows=rows, base=answers)
    by_text = measure(run_of(told, tmp_path), "base", "accuracy")
    assert "scorer:label|" in by_text.signature
    assert by_text.interval.value == 1
    named = suite_of(["label: {synonyms: {refund: money}}"], rows=rows, base=answers)
    assert "label-logprob" in measure(run_of(named, tmp_path), "base", "accuracy").signature


def test_a_grader_file(suite_of, tmp_path):
    grader = {
        "type": "string_check",
        "name": "same",
        "input": "{{sample.output_text}}",
        "reference": "{{item.reference}}",
        "operation": "ilike",
    }
    (tmp_path / "same.json").write_text(json.dumps(grader), "utf-8")
    suite = suite_of(
        ["tidy: {grader: same.json}", "short: same.json"], rest="metrics: [tidy, short]\n"
    )
    run = run_of(suite, tmp_path)
    assert measure(run, "base", "tidy").interval.value == 1
    assert measure(run, "base", "short").interval.value == 1


@pytest.mark.parametrize(
    ("ask", "use"),
    [
        ("", "openai/gpt-4.1-mini"),
        (", ask: local:smollm2", "local:smollm2"),
        (", ask: {use: some/model, url: 'http://127.0.0.1:1/v1'}", "some/model"),
    ],
)
def test_whom_a_grader_asks(suite_of, tmp_path, ask, use):
    grader = {
        "type": "label_model",
        "name": "tone",
        "model": "gpt-4.1-mini",
        "input": [{"role": "user", "content": "{{sample.output_text}}"}],
        "labels": ["good", "bad"],
        "passing_labels": ["good"],
    }
    (tmp_path / "tone.json").write_text(json.dumps(grader), "utf-8")
    bound = bound_scorers(suite_of([f"tone: {{grader: tone.json{ask}}}"]))
    assert bound["tone"].model.use == use
    assert use in bound["tone"].signature
    assert "ask" in bound["tone"].wants


def test_a_schema_file(suite_of, tmp_path):
    (tmp_path / "order.schema.json").write_text('{"type": "object", "required": ["a"]}', "utf-8")
    rows = [("q1", '{"a": 1}', {}), ("q2", '{"a": 2, "b": [1]}', {}), ("q3", "{}", {})]
    suite = suite_of(
        ["json-schema: {schema: order.schema.json}"],
        rows=rows,
        rest="task: qa\nprimary: json_f1\nmetrics: [json_schema, json_valid, json_f1]\n",
        base=['{"a": 1}', '{"a": 2}', "no"],
    )
    run = run_of(suite, tmp_path)
    assert measure(run, "base", "json_schema").interval.value == pytest.approx(2 / 3)
    assert measure(run, "base", "json_valid").interval.value == pytest.approx(2 / 3)
    assert measure(run, "base", "json_f1").interval.value == pytest.approx((1 + 2 / 3 + 0) / 3)


def test_all_answers_empty(suite_of, tmp_path):
    names = ["contains", "numeric", "rouge_1", "rouge_2", "bleu", "chrf", "edit_similarity",
             "json_valid", "squad_f1", "cmrc_f1", "squad_exact_match", "cmrc_exact_match"]  # fmt: skip
    suite = suite_of([], rest=f"metrics: [{', '.join(names)}]\n", base=[""] * 6, tuned=[""] * 6)
    run = run_of(suite, tmp_path)
    for name in names:
        found = measure(run, "base", name).interval
        assert found.value == 0, name
        assert found.low == 0 or isnan(found.low)
    assert all(d.interval.value == 0 for d in run.differences if d.metric in names)


def test_tool_calls_of_the_held_out_set(suite_of, tmp_path):
    from evalkit.core.exchange import Reply

    call = {
        "type": "function",
        "id": "c1",
        "function": {"name": "refund", "arguments": '{"order": 7}'},
    }
    suite = suite_of(
        [], rest="primary: tool_calls\ntask: qa\nturns: tool-calls\nmetrics: [tool_calls_f1]\n"
    )
    row = {
        "messages": [
            {"role": "user", "content": "Refund order 7"},
            {"role": "assistant", "tool_calls": [call]},
        ]
    }
    (tmp_path / "test.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    from evalkit.models.replay import Recorded, write_recording

    asked = row["messages"][:1]
    reply = Reply(text="", finish="tool_calls", tool_calls=(call,))
    write_recording(tmp_path / "base.answers.jsonl", [Recorded(messages=asked, reply=reply)])
    run = run_of(suite, tmp_path)
    assert measure(run, "base", "tool_calls").interval.value == 1
    assert measure(run, "base", "tool_calls_f1").interval.value == 1


@pytest.mark.parametrize(
    ("scorers", "kind", "said"),
    [
        (["exact: {norml: strict}"], UsageError, "did you mean `normal`"),
        (["exact: {normal: sqad}"], UsageError, "did you mean `squad`"),
        (["exact: {ignore_case: 1}"], UsageError, "true or false"),
        (["numeric: {tolerance: [1]}"], UsageError, "a number or a text"),
        (["exakt: {}"], UsageError, "did you mean `exact`"),
        (["mine: {use: exakt}"], UsageError, "no scorer named `exakt`"),
        (["json-schema: {}"], UsageError, "needs the option `schema`"),
        (["json-schema: {schema: none.json}"], InputError, "cannot read"),
        (["json-schema: {schema: {type: objekt}}"], UsageError, "no valid JSON Schema"),
        (["mine: python:checks.py:polit"], UsageError, "did you mean `polite`"),
        (["mine: python:none.py:polite"], InputError, "cannot read"),
        (["mine: python:checks.py"], UsageError, "names no function"),
        (["mine: python:checks.py:odd"], UsageError, "wants `weather`"),
        (["mine: {use: 'python:checks.py:words', most: a}"], UsageError, "whole number"),
        (["mine: {grader: {type: python, source: x}}"], UsageError, "never run"),
        (["mine: {grader: x.json, use: exact}"], UsageError, "both `use` and `grader`"),
        (["accuracy: {use: exact}"], UsageError, "name of a metric"),
        (["exact: {ask: openai/gpt-4.1}"], UsageError, "asks no model"),
        (["label: 7"], UsageError, "label"),
        (["numeric: {tolerance: x}"], UsageError, "is no size"),
        (["numeric: {tolerance: -1}"], UsageError, "is no size"),
        (["numeric: {tolerance: 1%%}"], UsageError, "is no size"),
        (["numeric: {tolerance: '1e400'}"], UsageError, "is no size"),
        (["numeric: {tolerance: .nan}"], UsageError, "finite"),
        (["numeric: {tolerance: .inf}"], UsageError, "finite"),
        (["mine: {use: numeric, tolerance: nan}"], UsageError, "the scorer `mine`"),
        (["contains: {text: []}"], UsageError, "an empty list"),
        (["contains: {text: [a, '']}"], UsageError, "an empty text"),
        (["multiple-choice: {choices: []}"], UsageError, "`choices` is empty"),
        (["token-f1: {separator: ''}"], UsageError, "`separator` is empty"),
        (["embedding: {at_least: 2}"], UsageError, "from -1 to 1"),
        (["mine: python:checks.py:later"], UsageError, "`async def`"),
        (["mine: python:checks.py:stream"], UsageError, "`async def`"),
        (["mine: python:checks.py:Later"], UsageError, "wants `text`"),
    ],
)
def test_faults_are_told_before_anything_is_asked(suite_of, scorers, kind, said):
    with pytest.raises(kind) as caught:
        bound_scorers(suite_of(scorers))
    assert said in str(caught.value)


def test_a_broken_file_of_one_s_own(suite_of, tmp_path):
    suite = suite_of(["mine: python:checks.py:polite"])
    (tmp_path / "checks.py").write_text("import nothing_of_that_name", "utf-8")
    with pytest.raises(EvalkitError, match=r"cannot import checks\.py"):
        bound_scorers(suite)


def test_an_unknown_metric_names_scorers_too(suite_of, tmp_path):
    suite = suite_of(["polite: python:checks.py:polite"], rest="metrics: [polit]\n")
    with pytest.raises(UsageError, match="polit"):
        run_of(suite, tmp_path)


def test_a_scorer_without_its_option_is_told(suite_of, tmp_path):
    with pytest.raises(UsageError, match="needs the option `schema`"):
        run_of(suite_of([], rest="metrics: [json_schema]\n"), tmp_path)


def test_known_scorers_need_no_mention():
    for name in ("exact", "token_f1", "rouge-l", "multiple-choice", "tool_calls"):
        assert bound_scorer(name).signature == ""
    assert bound_scorer("contains").binary
    assert bound_scorer("embedding").scale.unit == "score"


def test_what_exits_or_returns_no_score_is_told_and_passes_no_gate(suite_of, tmp_path):
    suite = suite_of(
        ["leaves: python:checks.py:exits", "seven: python:checks.py:seven"],
        rest="metrics: [leaves, seven]\ngates: [base leaves >= 0, base seven >= 50%]\n",
    )
    run = run_of(suite, tmp_path)
    assert [gate.verdict for gate in run.gates] == ["fail", "fail"]
    (leaves,) = [en for en, _ in run.notes if "leaves" in en]
    assert "failed on 6 of 6 answers" in leaves
    assert "SystemExit: 0" in leaves
    (seven,) = [zh for _, zh in run.notes if "seven" in zh]
    assert "6 个回答中的 6 个" in seven


@pytest.mark.parametrize("rest", ["task: qa\nmetrics: [label]\n", "task: qa\nprimary: label\n"])
def test_labels_are_for_classifications(suite_of, rest):
    suite = suite_of(["label: {find: anywhere}"], rest=f"labels: [a, b]\n{rest}")
    with pytest.raises(UsageError, match="reads labels, and the suite's task is qa"):
        bound_scorers(suite)
    with pytest.raises(UsageError, match="reads labels"):
        bound_scorers(suite_of([], rest=rest))
    assert bound_scorers(suite_of(["label: {find: anywhere}"], rest="labels: [a, b]\n"))


def test_a_field_that_no_row_has_is_told(suite_of, tmp_path):
    grader = {
        "type": "string_check",
        "name": "same",
        "input": "{{sample.output_text}}",
        "reference": "{{item.anser}}",
        "operation": "eq",
    }
    (tmp_path / "g.json").write_text(json.dumps(grader), "utf-8")
    run = run_of(suite_of(["same: g.json"], rest="metrics: [same]\n"), tmp_path)
    (note,) = [en for en, _ in run.notes if "same" in en]
    assert "left 6 of 6 answers unscored: the row has no item.anser" in note
