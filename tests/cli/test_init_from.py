# SPDX-License-Identifier: Apache-2.0
"""`evalkit init --from`: what other tools were told becomes a suite; what was left out is listed."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import yaml

from evalkit.core.exchange import Reply
from evalkit.evaluation.scorer_options import bound_scorers
from evalkit.evaluation.suite import load_suite

PROMPTFOO = r"""
description: Getting started
prompts:
  - 'Translate to {{language}}: {{input}}'
  - file://chat.json
  - 'Bad {% if x %}'
  - file://../outside.txt
providers:
  - openai:gpt-4.1
  - id: openai:chat:ft:gpt-4.1-mini:acme::abc
    label: tuned
    config: {temperature: 0, max_tokens: 50, apiKey: sk-proj-abcdefghijklmnopqrst1234567890}
  - python:provider.py
defaultTest:
  assert: [{type: latency, threshold: 3000}]
tests:
  - vars: {language: French, input: Hello world}
    assert:
      - {type: contains, value: Bonjour le monde}
  - vars: {language: [Spanish, German], input: "Where's {{language}}?"}
    assert:
      - {type: icontains-all, value: ['wo', '{{language}}']}
      - {type: llm-rubric, value: 'is about {{language}}'}
      - {type: javascript, value: 'output.length < 3'}
  - file://t.csv
"""
CHAT = '[{"role": "system", "content": "{{language}}"}, {"role": "user", "content": "{{input}}"}]'
TABLE = (
    'language,input,__expected\nDutch,"Hi, you",contains: hallo\nThai,{{input}},plain\nNone,x,\n'
)


@pytest.fixture
def promptfoo(file):
    file("secret", "outside.txt")
    file(CHAT, "pf/chat.json")
    file(TABLE, "pf/t.csv")
    return file(PROMPTFOO, "pf/promptfooconfig.yaml")


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def score(place, name: str, row: dict, answer: str) -> float:
    bound = bound_scorers(load_suite(place))
    example = SimpleNamespace(value=row, fields={})
    reply = Reply(text=answer, finish="stop")
    wanted = next(one for key, one in bound.items() if key.replace("-", "_") == name)
    return wanted.score(reply=reply, expected="", example=example).value


def test_promptfoo_becomes_a_suite_for_each_prompt(run, promptfoo, tmp_path):
    told = run("init", "--from", promptfoo)
    assert told.code == 0, told
    assert told.out.rstrip().endswith("next: evalkit run suites/promptfoo.eval.yaml --dry-run")
    first = yaml.safe_load((tmp_path / "suites/promptfoo.eval.yaml").read_text("utf-8"))
    assert first["models"] == {
        "gpt-4.1": "openai/gpt-4.1",
        "tuned": {"use": "openai/ft:gpt-4.1-mini:acme::abc", "temperature": 0, "max_tokens": 50},
    }
    assert first["primary"] == "contains_check"
    asked = lines(tmp_path / "suites/promptfoo.jsonl")
    assert [row["messages"][0]["content"] for row in asked] == [
        "Translate to French: Hello world",
        "Translate to Spanish: Where's Spanish?",
        "Translate to German: Where's German?",
        "Translate to Dutch: Hi, you",
        "Translate to Thai: {{input}}",
    ]
    assert [row["messages"][-1]["content"] for row in asked][-2:] == ["hallo", "plain"]
    second = lines(tmp_path / "suites/promptfoo-2.jsonl")
    assert second[0]["messages"][0] == {"role": "system", "content": "French"}


def test_promptfoo_says_what_was_left_out(run, promptfoo, tmp_path):
    told = run("init", "--from", promptfoo)
    for said in (
        "`apiKey` of a provider",
        "provider python:provider.py",
        "assertions of the type `latency`",
        "assertions of the type `javascript`",
        "prompt `Bad {% if x %}`",
        "it lies outside of the folder",
        "tests without an assertion that was carried",
    ):
        assert f"note: not carried: {said}" in told.err or said in told.err
        assert said in (tmp_path / "suites/promptfoo.eval.yaml").read_text("utf-8")
    for path in (tmp_path / "suites").rglob("*"):
        if path.is_dir():
            continue
        assert "sk-proj" not in path.read_text("utf-8")
        assert "secret" not in path.read_text("utf-8")
    assert "sk-proj" not in told.out + told.err


def test_each_kind_of_assertion_looks_at_its_own_rows(run, promptfoo, tmp_path):
    run("init", "--from", promptfoo)
    place = tmp_path / "suites/promptfoo.eval.yaml"
    french, spanish, *_ = lines(tmp_path / "suites/promptfoo.jsonl")
    assert score(place, "contains_check", french, "Bonjour le monde!") == 1
    assert score(place, "contains_check", french, "bonjour") == 0
    assert score(place, "contains_check", spanish, "x") != score(
        place, "contains_check", spanish, "x"
    )
    assert score(place, "icontains_check", spanish, "WO?") == 1
    assert score(place, "icontains_2_check", spanish, "in SPANISH") == 1
    grader = json.loads(
        (tmp_path / "suites/promptfoo.graders/llm_rubric_check.json").read_text("utf-8")
    )
    assert grader["type"] == "label_model"


def test_it_can_be_looked_ahead_of_and_twice_changes_nothing(run, promptfoo, tmp_path, monkeypatch):
    run("init", "--from", promptfoo)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    told = run("init", "--from", promptfoo)
    assert "wrote" not in told.out
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    ahead = run("run", "suites/promptfoo.eval.yaml", "--dry-run")
    assert ahead.code == 0, ahead
    assert "api.openai.com: " in ahead.out


@pytest.mark.parametrize(
    "text",
    [
        "prompts: []\ntests: []\n",
        "prompts: 'x {{a}}'\nproviders: openai:gpt-4.1\ntests: [1, x, {vars: 3, assert: 4}]\n",
        "prompts: {a: b}\nproviders: [{}, 3, {id: 4}]\ntests: file:///etc/passwd\n",
        "prompts: [x]\nproviders: []\ntests: [{assert: [{type: [a]}, {type: equals}, 3]}]\n",
        "prompts: [x]\ntests: [{vars: {a: file://../../../../etc/passwd}, assert: []}]\n",
    ],
)
def test_odd_configurations_are_told_without_a_traceback(run, file, text):
    told = run("init", "--from", file(text, "promptfooconfig.yaml"))
    assert told.code == 2
    assert told.err.startswith("error: promptfooconfig.yaml holds no rows")
    assert "root:" not in told.err


CRITERIA = [
    {"type": "string_check", "name": "exact", "id": "x1", "input": "{{ sample.output_text }}",
     "reference": "{{ item.correct_label }}", "operation": "eq"},
    {"type": "text_similarity", "name": "Close, enough", "input": "{{sample.output_text}}",
     "reference": "{{item.correct_label}}", "evaluation_metric": "fuzzy_match",
     "pass_threshold": 0.8},
    {"type": "score_model", "name": "helpful", "model": "gpt-4.1-mini", "range": [0, 10],
     "input": [{"role": "user", "content": "Rate {{sample.output_text}}"}]},
    {"type": "label_model", "name": "tone", "model": "gpt-4.1-mini", "labels": ["good", "bad"],
     "passing_labels": ["good"], "input": [{"role": "developer", "content":
     {"type": "input_text", "text": "Tone of {{sample.output_text}}"}}]},
    {"type": "python", "name": "code", "source": "import os"},
    {"type": "multi", "name": "both", "calculate_output": "0.5*a", "graders": {"a": {
     "type": "string_check", "name": "a", "input": "{{sample.output_text}}",
     "reference": "{{item.correct_label}}", "operation": "ilike"}}},
]  # fmt: skip
EVAL = {
    "object": "eval", "id": "eval_1", "name": "Support: sort", "metadata": {"a": "b"},
    "data_source_config": {"type": "custom", "schema": {}}, "testing_criteria": CRITERIA,
}  # fmt: skip
TEMPLATE = [
    {"role": "developer", "content": "Sort."},
    {"type": "message", "role": "user",
     "content": {"type": "input_text", "text": "{{item.ticket_text}}"}},
]  # fmt: skip
ITEMS = [
    {"item": {"ticket_text": "My monitor won't turn on", "correct_label": "Hardware"}},
    {"item": {"ticket_text": "Quit {{item.correct_label}}", "correct_label": "Software"}},
    {"item": {"x": 1}},
]


def run_of(source: dict) -> dict:
    return {
        "object": "eval.run", "id": "r1", "eval_id": "eval_1", "data_source": {
            "type": "completions", "model": "gpt-4.1", "source": source,
            "sampling_params": {"temperature": 0.2, "max_completion_tokens": 20, "tools": []},
            "input_messages": {"type": "template", "template": TEMPLATE},
        },
    }  # fmt: skip


def test_an_exported_eval_with_its_run_becomes_a_suite(run, file, tmp_path):
    source = {"type": "file_content", "content": ITEMS}
    files = [
        file(json.dumps(EVAL), "evals/e.json"),
        file(json.dumps(run_of(source)), "evals/r.json"),
    ]
    told = run("init", "--from", *files)
    assert told.code == 0, told
    place = tmp_path / "suites/Support-sort.eval.yaml"
    suite = yaml.safe_load(place.read_text("utf-8"))
    assert suite["models"] == {"gpt-4.1": "openai/gpt-4.1"}
    assert suite["generate"] == {"temperature": 0.2, "max_tokens": 20}
    assert list(suite["scorers"]) == ["exact_check", "close_enough", "helpful", "tone", "a"]
    rows = lines(tmp_path / "suites/Support-sort.jsonl")
    assert [row["messages"][1]["content"] for row in rows] == [
        "My monitor won't turn on",
        "Quit {{item.correct_label}}",
    ]  # fmt: skip  (what is filled in is not read again)
    assert score(place, "exact_check", rows[0], "Hardware") == 1
    assert score(place, "close_enough", rows[0], "Hardwar") == 1
    for said in ("python", "formula of `both`", "item.ticket_text", "sampling_params.tools"):
        assert said in told.err
    written = json.loads((tmp_path / "suites/Support-sort.graders/tone.json").read_text("utf-8"))
    assert written == CRITERIA[3]  # as it was
    folder = run("init", "--from", "evals")
    assert "wrote" not in folder.out


def test_rows_in_a_file_of_their_own(run, file, tmp_path):
    file(json.dumps({"data": [EVAL]}), "evals/e.json")  # a page of the API
    file(json.dumps(run_of({"type": "file_id", "id": "file-1"})), "evals/r.json")
    told = run("init", "--from", "evals")
    assert told.code == 2
    assert "rows of the source `file-1`: download the file" in told.err
    file("".join(json.dumps(one) + "\n" for one in ITEMS), "evals/e.items.jsonl")
    assert run("init", "--from", "evals").code == 0
    assert len(lines(tmp_path / "suites/Support-sort.jsonl")) == 2


def test_rows_without_an_expected_answer_say_so(run, file, tmp_path):
    one = {**EVAL, "testing_criteria": [CRITERIA[2]]}
    source = {"type": "file_content", "content": [{"item": {"ticket_text": "Hi"}}]}
    told = run(
        "init", "--from", file(json.dumps({"eval": one, "runs": [run_of(source)]}), "x.json")
    )
    assert told.code == 0, told
    assert "rows without an expected answer" in told.err
    suite = yaml.safe_load((tmp_path / "suites/Support-sort.eval.yaml").read_text("utf-8"))
    assert suite["primary"] == "helpful"


@pytest.mark.parametrize("text", ["{}", "[]", "3", "a: [b", "&a [*a]", '{"testing_criteria": 3}'])
def test_what_is_neither_is_said_to_be_neither(run, file, text):
    told = run("init", "--from", file(text, "x.json"))
    assert told.code == 2
    assert "neither a configuration of promptfoo nor an eval of OpenAI's" in told.err
    assert run("init", "--from", "none.json").code == 2
