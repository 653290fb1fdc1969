# SPDX-License-Identifier: Apache-2.0
"""Options that take a part of the rows."""

from __future__ import annotations

from typing import Any

import click

__all__ = ["SHARE"]


class _Share(click.ParamType[float]):
    """`0.2` and `20%` are both 0.2; a bare 20 might be meant as rows, and is refused."""

    name = "share"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value).strip()
        number = text.removesuffix("%").removesuffix("％")
        try:
            part = float(number) / (1 if number == text else 100)
        except ValueError:
            self.fail(f"`{value}` is no share of the rows, such as 0.2 or 20%", param, ctx)
        if not 0 < part < 1:
            self.fail(
                f"{value} is not between 0 and 1: write a share such as 0.2 or 20%; --take N holds "
                "out a number of rows",
                param,
                ctx,
            )
        return part


SHARE = _Share()
