# SPDX-License-Identifier: Apache-2.0
"""How the options that tell how to read a file are understood."""

from __future__ import annotations

import pytest

from evalkit.cli._reading import pairs, replacements, table_options, templates
from evalkit.core.errors import UsageError


def test_templates():
    given = ["user={title}\\n{ask}", " System =a=b"]
    assert templates(given) == {"user": "{title}\\n{ask}", "system": "a=b"}
    assert templates(["user="]) == {"user": ""}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("user", "is not ROLE=TEXT"),
        ("=x", "is not ROLE=TEXT"),
        ("usr=x", "did you mean `user`"),
        ("input=x", "no role named `input`"),
    ],
)
def test_templates_that_are_none(value, words):
    with pytest.raises(UsageError, match=words):
        templates([value])


def test_replacements():
    assert replacements(["a=b", "c=", "d=e=f", " =x"]) == (
        ("a", "b"), ("c", ""), ("d", "e=f"), (" ", "x"),
    )  # fmt: skip
    for wrong in ("a", "=b", ""):
        with pytest.raises(UsageError, match="is not OLD=NEW"):
            replacements([wrong])


def test_what_is_said_twice():
    for given in (
        {"template": ["user=a", "user=b"]},
        {"template": ["user=a"], "columns": "User=b"},
        {"template": ["system=a"], "system": "b"},
    ):
        with pytest.raises(UsageError):
            table_options(**given)


def test_options():
    options = table_options(columns="user=q", template=["system=x"], no_header=True)
    assert (options.columns, options.templates) == ({"user": "q"}, {"system": "x"})
    assert not options.header
    assert pairs("user=a b, assistant = c") == {"user": "a b", "assistant": "c"}
