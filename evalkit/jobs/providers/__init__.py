# SPDX-License-Identifier: Apache-2.0
"""Who trains: one file per provider, found by its target's name."""

from __future__ import annotations

__all__: list[str] = []
