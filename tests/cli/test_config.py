# SPDX-License-Identifier: Apache-2.0
"""Command line > environment > file > default; unknown keys are errors."""

import jsonschema
import pytest

from evalkit.core.resources import schema

BAD = '{"messages": [{"role": "user", "content": "Hi"}]}\n'


@pytest.fixture
def bad(tmp_path):
    (tmp_path / "bad.jsonl").write_text(BAD)
    return tmp_path


def test_the_file_the_environment_and_the_command_line(evalkit, bad):
    (bad / "evalkit.toml").write_text('[lint]\nfail-on = "never"\n')
    assert evalkit("lint", "bad.jsonl").code == 0
    assert evalkit("lint", "bad.jsonl", EVALKIT_LINT_FAIL_ON="error").code == 1
    assert evalkit("lint", "bad.jsonl", "--fail-on", "error").code == 1
    assert evalkit("--isolated", "lint", "bad.jsonl").code == 1


def test_pyproject_above_and_severities(evalkit, bad):
    (bad / "pyproject.toml").write_text(
        '[tool.evalkit.lint.severity]\nmissing-assistant-message = "info"\n'
    )
    (bad / "below").mkdir()
    done = evalkit("lint", "../bad.jsonl", cwd=bad / "below")
    assert done.code == 0
    assert "info ROL001" in done.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lint]\nfial-on = 'never'\n", "did you mean `fail-on`"),
        ("[lnit]\n", "did you mean `lint`"),
        ("[lint]\nfail-on = 'often'\n", "often"),
        ("[lint]\nselect = 'ALL'\n", "array"),
        ("[lint\n", "TOML"),
    ],
)
def test_a_wrong_file_is_one_line(evalkit, bad, text, said):
    (bad / "evalkit.toml").write_text(text)
    done = evalkit("lint", "bad.jsonl")
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_the_schema_takes_its_own_sample():
    rules = schema("config")
    jsonschema.Draft202012Validator.check_schema(rules)
    for sample in rules["examples"]:
        jsonschema.validate(sample, rules)
