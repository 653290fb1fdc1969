# SPDX-License-Identifier: Apache-2.0
"""No two modules need each other to be read: types stand apart from what works with them.

Imports inside functions are let pass: they are for what is heavy, or for a method that hands over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest


def imported(node: ast.AST) -> Iterator[str]:
    """What a module imports where it begins, for types too: "a.b" and "a.b.name"."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
            yield from (f"{child.module}.{one.name}" for one in child.names)
        elif isinstance(child, ast.Import):
            yield from (one.name for one in child.names)
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from imported(child)


def circle(modules: dict[str, str]) -> list[str]:
    """Modules (name to source) that import each other in a circle; [] = there is none."""
    graph = {}
    for name, source in modules.items():
        whole = modules.keys() & set(imported(ast.parse(source)))
        # `from a.b import c` reads a.b only where c is no module of its own.
        names = {one for one in whole if not any(more.startswith(f"{one}.") for more in whole)}
        graph[name] = names - {name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.slow
def test_no_modules_import_each_other_in_a_circle(root):
    files = (root / "evalkit").rglob("*.py")
    named = {".".join(one.relative_to(root).with_suffix("").parts): one for one in files}
    modules = {
        name.removesuffix(".__init__"): Path(one).read_text("utf-8") for name, one in named.items()
    }
    assert len(modules) > 500
    assert circle(modules) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from p.b import B", True),
        ("from p import b", True),
        ("import p.b", True),
        ("if TYPE_CHECKING:\n    from p.b import B", True),
        ("def f():\n    from p.b import B", False),
    ],
)
def test_a_circle_is_found(source, found):
    modules = {"p": "", "p.a": source, "p.b": "from p.a import A"}
    assert bool(circle(modules)) is found
