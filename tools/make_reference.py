# SPDX-License-Identifier: Apache-2.0
"""Write docs/reference/ from the code and the schemas; `--check` fails where they differ."""

from __future__ import annotations

import inspect
import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import evalkit
from evalkit.core.registry import find, names
from evalkit.core.resources import schema

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
MADE = "Made of the code by `tools/make_reference.py`."
GIVEN = {"reply", "expected", "expected_calls", "question", "example", "labels", "ask", "choices"}
PAIRS = {
    "binary": "right and wrong: Tango, McNemar's mid-p",
    "mean": "mean of the differences: t, sign flips",
    "preference": "judged pairs: Tango, mid-p sign test",
    "resample": "bootstrap of the examples",
    "rank": "areas: DeLong, MOVER",
}


def _text(documented: object) -> str:
    """A docstring as Markdown: its sections become bold words and lists."""
    lines: list[str] = []
    for line in inspect.cleandoc(documented.__doc__ or "").splitlines():
        section = re.fullmatch(r"(Args|Returns|Raises|Yields|Attributes|Example|Examples):", line)
        if section:
            lines += [f"**{section[1]}**", ""]
        elif re.match(r"    [\w*`]+(?: \(.*\))?: ", line):
            name, _, rest = line.strip().partition(": ")
            lines.append(f"- `{name}`: {rest}")
        elif line.startswith("        "):
            lines.append(f"  {line.strip()}")
        else:
            lines.append(line.removeprefix("    "))
    return _escaped("\n".join(lines)).strip()


def _escaped(text: str) -> str:
    """Angle brackets and lone `*` would be read as markup; code keeps its own."""
    parts = re.split(r"(`[^`]*`)", text)
    parts[::2] = [
        re.sub(r"(?<!\*)\*(?!\*)", r"\\*", re.sub(r"([<\[_])", r"\\\1", p)) for p in parts[::2]
    ]
    return "".join(parts)


def _default(value: object) -> str:
    if isinstance(value, (tuple, list, Mapping)) and not value:
        return "none"
    return json.dumps(value, ensure_ascii=False, default=str).strip('"') or '""'


def _options(function: Callable[..., Any]) -> str:
    """The options of a scorer or metric, which stand after its `*`."""
    rows = []
    for name, one in inspect.signature(function).parameters.items():
        if one.kind is one.KEYWORD_ONLY and name not in GIVEN | {"confidence"}:
            wanted = one.default is one.empty
            rows.append(f"`{name}`" + (" (required)" if wanted else f": {_default(one.default)}"))
    return "; ".join(rows)


def scorers() -> Iterator[str]:
    """Every scorer: options with their defaults, and its docstring."""
    yield f"# Scorers, one by one\n\n{MADE} Which one to take: [scorers](../scorers.md).\n"
    for name in names("scorers"):
        function = find("scorers", name)
        options = _options(function)
        said = f"Options: {options}\n\n" if options else ""
        yield f"## {name}\n\n{said}{_text(function)}\n"


def metrics() -> Iterator[str]:
    """Every metric: unit, direction, how two models are compared, and its docstring."""
    yield f"# Metrics, one by one\n\n{MADE} The guide: [metrics](../metrics.md).\n"
    for name in names("metrics"):
        one = find("metrics", name)
        options = _options(one.function)
        yield (
            f"## {one.name}\n\nUnit: {one.unit}; better: {one.better}; two models: "
            f"{PAIRS[one.pair]}." + (f" Options: {options}." if options else "") + "\n\n"
            f"{_text(one)}\n"
        )


def _kind(rule: Mapping[str, Any]) -> str:
    """What may stand there, in a few words."""
    if "enum" in rule:
        return ", ".join(f"`{value}`" for value in rule["enum"])
    if "const" in rule:
        return f"`{rule['const']}`"
    if "$ref" in rule:
        return str(rule["$ref"]).rpartition("/")[2]
    several = rule.get("oneOf", rule.get("anyOf"))
    if several:
        return " or ".join(dict.fromkeys(_kind(one) for one in several))
    kind = rule.get("type", "any")
    word = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if word == "array" and isinstance(rule.get("items"), Mapping):
        return f"list of {_kind(rule['items'])}"
    return {"object": "mapping", "array": "list"}.get(word, word)


def _table(properties: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """A row for each key; keys of mappings inside follow, with their path."""
    for name, rule in properties.items():
        if name == "$schema":
            continue
        about = _escaped(str(rule.get("description", ""))).replace("|", "\\|").replace("\n", " ")
        yield f"| `{path}{name}` | {_kind(rule).replace('|', '/')} | {about} |"
        for inner in (rule, *rule.get("oneOf", ()), *rule.get("anyOf", ())):
            yield from _table(inner.get("properties", {}), f"{path}{name}.")


def _keys(rule: Mapping[str, Any]) -> str:
    inside = next((r for r in (rule, *rule.get("oneOf", ())) if "properties" in r), None)
    if inside is None:
        return ""
    return "\n".join(("| key | value | meaning |", "|---|---|---|", *_table(inside["properties"])))


def suite() -> Iterator[str]:
    """Every key of a suite, from its schema."""
    found = schema("suite")
    yield (
        "# Every key of a suite\n\nMade of `schemas/suite.schema.json` (`evalkit schema suite`) "
        f"by `tools/make_reference.py`. The guide: [suites](../suites.md).\n\n{_keys(found)}\n"
    )
    for name, rule in found["$defs"].items():
        if keys := _keys(rule):
            about = rule.get("description", "")
            yield f"## {name}\n\n" + (f"{_escaped(about)}\n\n" if about else "") + f"{keys}\n"


def config() -> Iterator[str]:
    """Every setting, from the schema of the configuration."""
    found = schema("config")
    yield (
        "# Every setting\n\nIn `evalkit.toml`, or in `[tool.evalkit]` of pyproject.toml. The "
        "command line stands above environment variables (`EVALKIT_LANG`, …), these above the "
        "file; an unknown key is an error that names the likely one. `evalkit config` shows what "
        "is in force and what set it. Made of `schemas/config.schema.json` by "
        "`tools/make_reference.py`.\n"
    )
    top = {k: r for k, r in found["properties"].items() if "properties" not in r}
    yield f"{_keys({'properties': top})}\n"
    for name, rule in found["properties"].items():
        if "properties" in rule:
            yield f"## {name}\n\n{_keys(rule)}\n"


def python() -> Iterator[str]:
    """What `import evalkit` offers."""
    yield f"# The Python interface\n\n{MADE} With examples: [evalkit in Python](../python.md).\n"
    for name in evalkit.__all__:
        one = getattr(evalkit, name)
        if callable(one):
            given = re.sub(r" at 0x[0-9a-f]+|'", "", str(inspect.signature(one)))
            lines = given if len(given) < 76 else _wrapped(given)
            yield f"## {name}\n\n```python\nevalkit.{name}{lines}\n```\n\n{_text(one)}\n"


def _wrapped(given: str) -> str:
    """A long signature, a parameter a line (commas inside brackets stay)."""
    inside, arrow, returned = given.rpartition(" -> ")
    inside, returned = (inside, arrow + returned) if arrow else (given, "")
    depth, parts, part = 0, [], ""
    for letter in inside[1:-1]:
        depth += letter in "[({"
        depth -= letter in "])}"
        if letter == "," and not depth:
            parts.append(part.strip())
            part = ""
        else:
            part += letter
    return "(\n" + textwrap.indent(",\n".join([*parts, part.strip()]), "    ") + f"\n){returned}"


PAGES = {
    "scorers.md": scorers,
    "metrics.md": metrics,
    "suite.md": suite,
    "config.md": config,
    "python.md": python,
}


def main() -> int:
    """Write the pages, or with `--check` name those that are not current."""
    wanted = {name: "\n".join(made()) for name, made in PAGES.items()}
    stale = [
        name
        for name, text in wanted.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text
    ]
    for name in stale:
        if "--check" in sys.argv:
            print(f"docs/reference/{name} is not current: run python tools/make_reference.py")
        else:
            FOLDER.mkdir(parents=True, exist_ok=True)
            (FOLDER / name).write_text(wanted[name], encoding="utf-8", newline="\n")
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    raise SystemExit(main())
