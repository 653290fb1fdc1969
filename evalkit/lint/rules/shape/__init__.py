# SPDX-License-Identifier: Apache-2.0
"""Rows that do not have the shape of their format."""
