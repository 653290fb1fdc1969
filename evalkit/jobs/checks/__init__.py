# SPDX-License-Identifier: Apache-2.0
"""What must hold before an order is sent: rows, model, bounds, money."""

from __future__ import annotations

__all__: list[str] = []
