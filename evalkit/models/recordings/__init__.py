# SPDX-License-Identifier: Apache-2.0
"""Recorded answers: our own layout and those of others, one file each, told by their content."""
