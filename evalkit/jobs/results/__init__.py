# SPDX-License-Identifier: Apache-2.0
"""What a job learned: its metrics read, judged and put into words."""

from __future__ import annotations

__all__: list[str] = []
