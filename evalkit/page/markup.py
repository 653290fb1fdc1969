# SPDX-License-Identifier: Apache-2.0
"""Templates that escape everything, and text of unknown origin made safe to show."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup

from evalkit.core.printable import excerpt, printable

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["data", "fill", "kbd", "row_link", "showable"]

# What no HTML document may hold: lone surrogates (not UTF-8), NUL and the other controls, which
# parsers drop or replace, non-characters. Tab and line feed stay.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def showable(html: str) -> str:
    """Text without characters that an HTML document cannot hold; each becomes U+FFFD."""
    return _UNSHOWABLE.sub("\ufffd", html)


def data(text: str, width: int | None = None) -> Markup:
    """Text from data as one isolated run: escaped, controls written out, direction by content.

    Args:
        text: Hostile.
        width: Most characters to show; None for all.
    """
    shown = excerpt(text, width) if width is not None else printable(text)
    return Markup('<bdi class="d">{}</bdi>').format(shown)


def kbd(key: str) -> Markup:
    """A key of the keyboard."""
    return Markup("<kbd>{}</kbd>").format(key)


def row_link(row_id: str) -> str:
    """The address of a row on its page, as rows.js reads it."""
    return f"#row-{quote(row_id, safe='', errors='replace')}"


def fill(package: str, template: str, **values: object) -> Markup:
    """A template of a package's folder, filled; every value is escaped unless it is Markup.

    Args:
        package: Such as "evalkit.report.sections".
        template: File name in it.
        **values: What the template names; a missing one is an error.
    """
    text: str = _environment(package).get_template(template).render(**values)
    return Markup(text)  # noqa: S704 - the environment escapes


@cache
def _environment(package: str) -> Environment:
    from importlib.resources import files

    import jinja2

    from evalkit.page import charts, numbers

    folder = files(package)

    def load(name: str) -> str | None:
        found = folder / name
        return found.read_text(encoding="utf-8") if found.is_file() else None

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(load),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"data": data, "kbd": kbd, "charts": charts, "numbers": numbers}
    return environment
