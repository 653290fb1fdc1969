# SPDX-License-Identifier: Apache-2.0
"""Secrets are found and never shown. Keys are put together here: none stands in this file."""

from __future__ import annotations

import json

import pytest

from evalkit.core.secrets import found, masked, quoted, removed
from evalkit.lint.engine import Settings, check
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs.full import full
from evalkit.lint.outputs.json import json as as_json

A = "Zk3vQ9xLm2Rt7WpAh5Yc8Bn1Jd4Fg6Ks"
KEYS = {
    "OpenAI": ["sk-proj-" + A, "sk-svcacct-" + A, "sk-" + A[:20] + "T3Blbk" + "FJ" + A[:20]],
    "sk": ["sk-" + A, "sk-or-v1-" + A + A],
    "Anthropic": ["sk-ant-" + "api03-" + A + "_" + A],
    "Hugging Face": ["hf_" + A + "xy"],
    "Google": ["AIza" + A + "abc"],
    "AWS": ["AKIA" + "Z3Q9M2R7W5Y8B1J4"],
    "GitHub": ["ghp_" + A + "abcd", "github_pat_" + A + A],
    "Slack": ["xoxb" + "-123456789012-" + A, "hooks.slack.com/services/" + "T0AB/B0CD/" + A],
    "JWT": ["eyJ" + A + ".eyJ" + A + "." + A],
    "private key": [
        "-----BEGIN RSA " + "PRIVATE KEY-----\n" + A + A + "\n-----END RSA " + "PRIVATE KEY-----"
    ],
}
CASES = [(kind, key) for kind, keys in KEYS.items() for key in keys]


@pytest.mark.parametrize(("kind", "key"), CASES)
def test_each_kind_is_found_whole(kind, key):
    text = f"use ({key}), please"
    (secret,) = found(text)
    assert (secret.kind, text[secret.start : secret.end]) == (kind, key)
    assert key not in masked(text)
    assert removed(text) == "use ([REDACTED]), please"


@pytest.mark.parametrize(("kind", "key"), CASES)
def test_no_output_shows_the_value(kind, key, tmp_path):
    path = tmp_path / "x.jsonl"
    row = {
        "messages": [
            {"role": "user", "content": f"我的密钥是 {key} 谢谢"},
            {"role": "assistant", "content": ""},
        ]
    }
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")  # escaped on purpose
    result = check([str(path)], Settings())
    assert {f.name for f in result.findings} == {"secret", "empty-content"}
    finding = next(f for f in result.findings if f.name == "secret")
    assert f"{key[:4]}… ({len(key)} characters)" in finding.message
    shown = "\n".join([*full(result, Look()), *as_json(result, Look())])
    assert key[4:16] not in shown
    assert key.split("\n")[-2][8:] not in shown if "\n" in key else True


@pytest.mark.parametrize(
    "text",
    ["sk-" + "x" * 48, "sk-...", "task-" + A, "AKIA" + "IOSFODNN7EXAMPLE", "sk-learn is a library",
     "risk-assessment-of-the-new-regulation-2024", "eyJust kidding", "xoxo-hugs-and-kisses"],
)  # fmt: skip
def test_placeholders_and_words_are_no_secrets(text):
    assert list(found(text)) == []


def test_an_excerpt_that_ends_inside_a_key_does_not_show_it():
    key = "sk-proj-" + A
    for lead in range(40, 61):
        assert A[:6] not in quoted("a" * (lead - 1) + " " + key + " and more")


def test_two_keys_in_one_text_are_two_findings_and_one_fix(tmp_path):
    path = tmp_path / "x.jsonl"
    text = f"{KEYS['AWS'][0]} and {KEYS['OpenAI'][0]}"
    row = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}]}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    found_ = check([str(path)]).findings
    assert [f.name for f in found_] == ["secret", "secret"]
    assert [f.fix is not None for f in found_] == [True, False]
