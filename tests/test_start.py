# SPDX-License-Identifier: Apache-2.0
"""What is imported, and what is not: the start is fast because nothing heavy is loaded."""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "openai", "pandas", "sklearn", "scipy", "tiktoken", "numpy", "xllamacpp", "sacrebleu", "rich",
    "jinja2", "charset_normalizer", "python_calamine", "xlsxwriter", "pyarrow", "jsonschema",
}  # fmt: skip


def loaded(code, cwd):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys, json; print(json.dumps(list(sys.modules)))"],
        capture_output=True,
        check=True,
        text=True,
        cwd=cwd,
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


CALL = """
from evalkit.cli.main import main
try:
    main({arguments!r})
except SystemExit:
    pass
"""


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_the_command_starts_light(arguments, tmp_path):
    assert not loaded(CALL.format(arguments=arguments), tmp_path) & HEAVY


def test_linting_a_row_loads_only_what_it_needs(tmp_path):
    row = {
        "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
    }
    (tmp_path / "x.jsonl").write_text(json.dumps(row) + "\n")
    assert not loaded(CALL.format(arguments=["lint", "x.jsonl"]), tmp_path) & HEAVY


def test_the_pytest_plugin_loads_nothing_of_ours(tmp_path):
    names = loaded("import evalkit.pytest_plugin", tmp_path)
    assert not names & (HEAVY | {"click", "yaml"})
