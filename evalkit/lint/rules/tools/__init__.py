# SPDX-License-Identifier: Apache-2.0
"""Tool definitions and tool calls."""
