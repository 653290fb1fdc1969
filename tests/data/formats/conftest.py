# SPDX-License-Identifier: Apache-2.0
"""What tests of layouts share: rows of one layout as rows of another."""

from __future__ import annotations

import pytest

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data.convert import Converted, convert_each
from evalkit.data.recognise import layout


@pytest.fixture
def converted():
    """`converted(row, "sharegpt", "alpaca")`: the row, the reason, and what is lost."""

    def call(value: object, source: str, to: str) -> Converted:
        example = Example(Location(source="x"), b"", value, layout(source))
        return convert_each(example, layout(to))

    return call


@pytest.fixture
def lost(converted):
    """`lost(row, "sharegpt", "alpaca")`: the features that are lost or rewritten, sorted."""

    def call(value: object, source: str, to: str) -> list[str]:
        found = converted(value, source, to)
        assert found.row is not None, found.reason
        return sorted({one.feature for one in found.losses})

    return call
