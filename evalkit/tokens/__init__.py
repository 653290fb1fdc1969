# SPDX-License-Identifier: Apache-2.0
"""Exact token counts, offline."""
