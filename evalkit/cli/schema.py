# SPDX-License-Identifier: Apache-2.0
"""`evalkit schema`: the published JSON Schemas, for editors and other programs."""

from __future__ import annotations

import click

from evalkit.core.errors import UsageError
from evalkit.core.registry import suggestion
from evalkit.core.resources import resource

__all__ = ["schema"]


@click.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema NAME, or the names of all."""
    folder = resource("schemas")
    known = sorted(path.name.removesuffix(".schema.json") for path in folder.glob("*.schema.json"))
    if name is None:
        click.echo("\n".join(known))
        return
    if name not in known:
        raise UsageError(
            f"no schema named `{name}`{suggestion(name, known)}", f"known: {', '.join(known)}"
        )
    click.echo(resource("schemas", f"{name}.schema.json").read_text(encoding="utf-8"), nl=False)
