# SPDX-License-Identifier: Apache-2.0
"""Arguments that name data: files as they are, URLs once their copy is here."""

from __future__ import annotations

from typing import Any

import click

__all__ = ["DATA_FILE", "local"]


class _DataFile(click.ParamType[str]):
    """The path of a file, or what a URL is called once it was copied.

    Only what stands on the command line is fetched: a configuration that comes with a checkout
    must not make a lint hook ask anything of any host.
    """

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from click.core import ParameterSource

        source = ctx.get_parameter_source(param.name or "") if ctx and param else None
        return local(str(value)) if source is ParameterSource.COMMANDLINE else str(value)


def local(path: str) -> str:
    """The path; of a URL what it is called, after the host was named and the file copied.

    Raises:
        EvalkitError: As `remote.fetch`.
    """
    from evalkit.data.remote import fetch, is_remote

    if not is_remote(path):
        return path
    return fetch(path, lambda text: click.echo(text, err=True))


DATA_FILE = _DataFile()
