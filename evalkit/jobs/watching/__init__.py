# SPDX-License-Identifier: Apache-2.0
"""A job followed to its end, whatever breaks on the way."""

from __future__ import annotations

__all__: list[str] = []
