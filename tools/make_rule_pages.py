# SPDX-License-Identifier: Apache-2.0
"""Write docs/rules/*.md from the rules; `--check` writes nothing and fails where they differ."""

from __future__ import annotations

import sys
from pathlib import Path

from evalkit.lint.catalogue import every_rule
from evalkit.lint.pages import index_of, page_of

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "rules"


def pages() -> dict[str, str]:
    """File name to text of every page of our own rules."""
    ours = tuple(r for r in every_rule() if r.function.__module__.startswith("evalkit.lint.rules."))
    return {"README.md": index_of(ours), **{f"{r.name}.md": page_of(r) for r in ours}}


def main() -> int:
    """Write the pages, or with `--check` name those that are not current."""
    wanted = pages()
    there = {p.name: p.read_text(encoding="utf-8") for p in FOLDER.glob("*.md")}
    stale = sorted(name for name in {*wanted, *there} if wanted.get(name) != there.get(name))
    if "--check" in sys.argv:
        for name in stale:
            print(f"docs/rules/{name} is not current: run python tools/make_rule_pages.py")
        return int(bool(stale))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in wanted:
            (FOLDER / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            (FOLDER / name).unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
