# SPDX-License-Identifier: Apache-2.0
"""Rules of others: from a file, from an installed package, and what becomes of broken ones."""

from __future__ import annotations

import json
import pickle
import warnings
from textwrap import dedent

import pytest

from evalkit.core import registry
from evalkit.core.errors import UsageError
from evalkit.lint import catalogue
from evalkit.lint.catalogue import every_rule, rules_for
from evalkit.lint.engine import check
from evalkit.lint.plugins import rules_of_file, taken
from evalkit.lint.settings import Settings

HEAD = """
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
"""
SHOUT = HEAD + dedent('''
    @rule("ACME001", scope="example", severity="warning", en="{word} shouts", zh="{word} 太吵")
    def shouting(example):
        """## What it does
        Finds `!!`.
        """
        for message in example.messages:
            if "!!" in message.text:
                yield Fault(pointer=message.pointer, args={"word": message.text})
''')
ROW = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hey!!"}]}


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path):
    def write(text, name="own.py"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_rule_of_a_file_finds_and_is_selected_like_any_other(file, data):
    path = file(SHOUT)
    rules = rules_of_file(path)
    found = check([str(data)], Settings(extra_rules=rules)).findings
    assert [(f.code, f.name, f.message, f.pointer) for f in found] == [
        ("ACME001", "shouting", "Hey!! shouts", "/messages/1")
    ]
    for words in (("ACME",), ("shouting",), ("ACME001",)):
        assert check([str(data)], Settings(extra_rules=rules, ignore=words)).findings == ()
        assert check([str(data)], Settings(extra_rules=rules, select=words)).findings == found
    severe = Settings(extra_rules=rules, severity={"shouting": "error"})
    assert check([str(data)], severe).exit_code == 1
    assert not (path.parent / "__pycache__").exists()


def test_a_file_that_has_not_changed_is_run_once(file):
    path = file(SHOUT)
    assert rules_of_file(path) == rules_of_file(str(path))
    path.write_text(SHOUT.replace("ACME001", "ACME0002"), encoding="utf-8")
    assert [rule.code for rule in rules_of_file(path)] == ["ACME0002"]


def test_a_file_named_twice_is_one(file, data):
    rules = rules_of_file(file(SHOUT))
    assert len(check([str(data)], Settings(extra_rules=(*rules, *rules))).findings) == 1


def test_a_rule_of_a_file_goes_to_other_processes(file):
    (rule,) = rules_of_file(file(SHOUT))
    assert pickle.loads(pickle.dumps(rule)) is rule  # noqa: S301
    ours = every_rule()[0]
    assert pickle.loads(pickle.dumps(ours)) is ours  # noqa: S301


def test_rules_that_a_file_imports_from_us_are_not_its_own(file):
    path = file("from evalkit.lint.rules.files.blank_line import blank_line\n" + SHOUT)
    assert [rule.name for rule in rules_of_file(path)] == ["shouting"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "holds no rule"),
        ("from evalkit.lint.rules.files.blank_line import blank_line\n", "holds no rule"),
        ("def f(:\n", r"own\.py:1 does not run: SyntaxError"),
        ("\n\nimport no_such_module_anywhere\n", r"own\.py:3 does not run: ModuleNotFoundError"),
        ("raise SystemExit(3)\n", r"own\.py:1 does not run: SystemExit"),
        ("raise ValueError('a\\n\\x1b[31mb')\n", r"ValueError: a⏎\\x1b\[31mb"),
        (SHOUT.replace("ACME001", "FIL005"), "code FIL005 of `shouting` is that of `blank-line`"),
        (SHOUT.replace("def shouting", "def blank_line"), "name `blank-line` of ACME001 is that"),
        (SHOUT.replace("ACME001", "Acme1"), "its code is `Acme1`"),
        (SHOUT.replace('"example"', '"row"', 1), "its scope is `row`, not one of bytes"),
        (SHOUT.replace("{word} 太吵", "太吵"), "not all its messages have the fields word"),
        (SHOUT.replace("{word} 太吵", "{word 太吵"), "no format string"),
        (SHOUT.replace("(example)", "(example, seen: 'Seen')"), "nothing gives the parameter `seen"),
        (SHOUT.replace("(example)", "(row)"), "first parameter of a example rule is `example`"),
        (SHOUT.replace('"warning"', '"fatal"'), "KeyError: 'FATAL'"),
        (SHOUT + SHOUT.replace("def shouting", "def louder"), "code ACME001 of `louder` is that"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_work_is_one_clear_error(file, text, message):
    with pytest.raises(UsageError, match=message) as caught:
        rules_of_file(file(text))
    assert "\n" not in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_files_that_are_none(tmp_path, data):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        rules_of_file(tmp_path / "none.py")
    with pytest.raises(UsageError, match="is no Python file"):
        rules_of_file(data)
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(UsageError, match="does not run"):
        rules_of_file(tmp_path / "folder.py")


def test_rules_of_two_files_must_not_clash(file):
    one, two = rules_of_file(file(SHOUT)), rules_of_file(file(SHOUT + "\n", "two.py"))
    with pytest.raises(UsageError, match="code ACME001 of `shouting` is that of `shouting`"):
        rules_for(Settings(extra_rules=(*one, *two)))
    assert taken(one[0], two) is not None


class Dist:
    def __init__(self, name):
        self.name = name


class Point:
    def __init__(self, name, loaded, package="acme-evalkit"):
        self.name, self.loaded, self.value = name, loaded, f"{package}:{name}"
        self.dist = Dist(package)

    def load(self):
        if isinstance(self.loaded, BaseException):
            raise self.loaded
        return self.loaded


@pytest.fixture
def installed(monkeypatch):
    def forget():
        registry.foreign.cache_clear()
        catalogue._with_plugins.cache_clear()

    def use(*points):
        found = {"evalkit.rules": list(points)}
        monkeypatch.setattr("importlib.metadata.entry_points", lambda group: found.get(group, []))
        forget()

    yield use
    forget()


def test_a_rule_of_a_package(installed, file, data):
    (rule,) = rules_of_file(file(SHOUT))
    installed(Point("shouting", rule))
    assert rule in every_rule()
    assert rule not in every_rule(plugins=False)
    assert [f.name for f in check([str(data)]).findings] == ["shouting"]
    assert check([str(data)], Settings(plugins=False)).findings == ()
    assert len(check([str(data)], Settings(extra_rules=(rule,))).findings) == 1


def test_a_package_may_name_a_module_or_a_list(installed, file):
    import sys

    (rule,) = rules_of_file(file(SHOUT))
    for pack in (sys.modules[rule.function.__module__], [rule], (rule, rule)):
        installed(Point("acme", pack))
        assert rule in every_rule()


@pytest.mark.parametrize(
    ("loaded", "warning"),
    [
        (ImportError("no\nmodule"), "does not load: no⏎module"),
        (RuntimeError("boom"), "does not load: boom"),
        (42, "it is no rule and holds none"),
        ("text", "it is no rule and holds none"),
        ([], "it is no rule and holds none"),
        ((1 / n for n in (1, 0)), "ZeroDivisionError"),
    ],
)
def test_a_broken_package_is_one_warning_and_the_rest_goes_on(installed, data, loaded, warning):
    installed(Point("acme", loaded))
    with pytest.warns(UserWarning, match=warning) as caught:
        result = check([str(data)])
    assert len(caught) == 1
    assert result.findings == ()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check([str(data)])  # said once


def test_a_package_cannot_take_the_place_of_a_rule_of_ours(installed, file, data):
    rule = next(r for r in every_rule(plugins=False) if r.name == "blank-line")
    text = SHOUT.replace("ACME001", "FIL005")
    namespace = {"__name__": "acme"}
    exec(compile(text, "acme.py", "exec"), namespace)  # noqa: S102
    installed(Point("shouting", namespace["shouting"]))
    with pytest.warns(UserWarning, match="code FIL005 of `shouting` is that of `blank-line`"):
        assert [r for r in every_rule() if r.code == "FIL005"] == [rule]


@pytest.mark.parametrize(
    ("allowed", "counts"),
    [(None, True), ("", False), (" ", False), ("acme-evalkit", True), ("other, Acme_Evalkit", True),
     ("other", False)],
)  # fmt: skip
def test_the_environment_names_the_packages_that_count(
    installed, file, monkeypatch, allowed, counts
):
    (rule,) = rules_of_file(file(SHOUT))
    if allowed is None:
        monkeypatch.delenv("EVALKIT_PLUGINS", raising=False)
    else:
        monkeypatch.setenv("EVALKIT_PLUGINS", allowed)
    installed(Point("shouting", rule))
    assert (rule in every_rule()) is counts


def test_the_command(evalkit, file, data):
    own = file(SHOUT)
    done = evalkit("lint", data, "--add-rules", own, "--output-format", "concise")
    assert "ACME001 Hey!! shouts" in done.out
    assert "ACME001" in evalkit("rule", "--all", "--add-rules", own).out
    missing = evalkit("lint", data, "--add-rules", "none.py")
    assert (missing.code, missing.err.count("\n")) == (2, 2)
    assert "none.py cannot be read" in missing.err
