# SPDX-License-Identifier: Apache-2.0
"""Everything of a job kept on this machine, before its provider takes it away."""

from __future__ import annotations

__all__: list[str] = []
