# SPDX-License-Identifier: Apache-2.0
"""docs/statistics.md: its code runs and says what the page says."""

from __future__ import annotations

import contextlib
import io
import re
import shlex

import pytest


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "statistics.md").read_text(encoding="utf-8")


def test_the_python_says_what_its_comments_say(page):
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "statistics.md", "exec"), {})  # noqa: S102  our own page
    assert said.getvalue().splitlines() == re.findall(r"\)  # (.*)", code)


def test_the_command_prints_what_the_page_shows(page, evalkit):
    shown = re.search(r"```console\n\$ evalkit (.*?)\n(.*?)```", page, re.DOTALL)
    done = evalkit(*shlex.split(shown[1]))
    assert done.code == 0, done.err
    assert [line.rstrip() for line in done.out.splitlines()] == shown[2].splitlines()


def test_every_method_of_the_code_is_on_the_page(page, root):
    folder = root / "evalkit" / "statistics"
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))
    methods = {
        m for m in re.findall(r'method="([a-z+-]+)"', source) if not m.endswith("-clustered")
    }
    assert len(methods) >= 8
    ours = {
        m for m in methods if not m.startswith(("logistic", "exact", "wilson+", "kappa", "alpha"))
    }
    missing = {m for m in ours if f"`{m}`" not in page}
    assert not missing
