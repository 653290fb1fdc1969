# SPDX-License-Identifier: Apache-2.0
"""Pairs of a better and a worse answer."""
