# SPDX-License-Identifier: Apache-2.0
"""Write docs/cli.md from the commands; `--check` writes nothing and fails where it differs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from evalkit.cli.main import evalkit

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"


def sections(command: click.Command, path: str) -> Iterator[str]:
    """The help of a command and of those below it."""
    context = click.Context(command, info_name=path, terminal_width=100, max_content_width=100)
    yield f"{'#' * (1 + path.count(' '))} {path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from sections(inner, f"{path} {name}")


def page() -> str:
    """The whole reference."""
    return "\n".join(sections(evalkit, "evalkit"))


def main() -> int:
    """Write the page, or with `--check` say whether it is current."""
    wanted = page()
    there = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if "--check" in sys.argv:
        if wanted != there:
            print("docs/cli.md is not current: run python tools/make_cli_reference.py")
        return int(wanted != there)
    PAGE.write_text(wanted, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
