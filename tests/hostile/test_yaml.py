# SPDX-License-Identifier: Apache-2.0
"""Suites and configurations from strangers: bombs, nesting and objects are one line, exit 2."""

from __future__ import annotations

import pytest

from evalkit.core.config import configured
from evalkit.core.errors import EvalkitError, UsageError
from evalkit.evaluation.suite import load_suite

BOMB = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (name, name, b", ".join([b"*%c" % (name - 1)] * 9))
    for name in range(ord("b"), ord("j"))
)
YAML = {
    "alias bomb": BOMB,
    "alias bomb in a suite": BOMB + b"data: x.jsonl\nmodels: {a: baseline:majority}\nlabels: *i\n",
    "nested lists": b"data: " + b"[" * 20_000 + b"]" * 20_000,
    "nested maps": b"data: " + b"{a: " * 20_000 + b"}" * 20_000,
    "nested blocks": b"".join(b" " * n + b"a:\n" for n in range(3000)),
    "unclosed": b"[" * 20_000,
    "object": b"!!python/object/apply:os.system ['touch hacked']\n",
    "object in a value": b"data: !!python/object/new:subprocess.Popen [['touch', 'hacked']]\n",
    "name": b"models: !!python/name:os.system\n",
    "module": b"models: {a: !!python/module:this}\n",
    "merge of itself": b"a: &a {<<: *a}\n",
    "list of itself": b"data: &a [*a]\nmodels: {a: baseline:majority}\n",
    "many documents": b"--- 1\n" * 1000,
    "huge number": b"limit: " + b"9" * 5000,
    "binary": b"data: !!binary gIGC\n",
    "date": b"data: 2026-01-01\nmodels: 2026-01-01T00:00:00Z\n",
    "unhashable key": b"? [a]\n: b\n",
    "odd keys": b"1: a\nnull: b\ntrue: c\n",
    "control characters": b"data: \x1b[2J\n",
    "not text": b"\xff\xfe\x00",
    "empty": b"",
}
TOML = {
    "nested lists": "a = " + "[" * 20_000 + "]" * 20_000,
    "nested tables": "[" + "a." * 20_000 + "a]",
    "nested inline": "a = " + "{a=" * 20_000 + "1" + "}" * 20_000,
    "in our keys": "[lint.rules.x]\na = " + "[" * 200 + "]" * 200,
    "huge number": "[lint]\nmax-per-rule = " + "9" * 5000,
    "wrong kinds": "lint = 1\n",
    "list for a table": "[[lint]]\n",
    "control characters": '"\\u001b[2J" = 1\n',
    "date": "[lint]\nselect = 2026-01-01\n",
    "not text": "\udcff",
}


@pytest.mark.parametrize("name", YAML)
def test_suites(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.eval.yaml").write_bytes(YAML[name])
    with pytest.raises(EvalkitError) as error:
        load_suite("x.eval.yaml")
    assert error.value.exit_code == 2
    assert "\x1b" not in str(error.value)
    assert len(str(error.value)) < 2000
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("name", TOML)
def test_configurations(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evalkit.toml"
    path.write_bytes(TOML[name].encode("utf-8", "surrogateescape"))
    if name == "in our keys":  # options of a rule: whatever they hold, the rule says
        configured(path)
        return
    with pytest.raises(UsageError) as error:
        configured(path)
    assert "\x1b" not in str(error.value)
    assert len(str(error.value)) < 2000


@pytest.mark.parametrize("name", ["alias bomb in a suite", "nested lists", "object"])
def test_through_the_command(name, evalkit, tmp_path):
    (tmp_path / "x.eval.yaml").write_bytes(YAML[name])
    done = evalkit("run", "x.eval.yaml")
    assert done.code == 2
    assert "Traceback" not in done.err
    assert "internal error" not in done.err
    assert len(done.err) < 2000


def test_only_safe_loading_is_in_the_code(root):
    """`yaml.load` takes a loader: a safe one; nothing unpickles, evaluates or runs a shell."""
    import re

    wrong = re.compile(
        r"yaml\.(?:unsafe_load|full_load|UnsafeLoader|FullLoader|Loader)\b"
        r"|\bpickle\.loads?\b|\bmarshal\.loads?\b|(?<![.\w])eval\(|(?<![.\w])(?<!def )exec\(|shell=True"
    )
    found = [
        f"{path.relative_to(root)}: {match.group()}"
        for path in (root / "evalkit").rglob("*.py")
        for match in wrong.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
