# SPDX-License-Identifier: Apache-2.0
"""Scores to measures with intervals, one file each."""
