# SPDX-License-Identifier: Apache-2.0
"""Containers that rows are written to, one file each."""
