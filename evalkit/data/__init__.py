# SPDX-License-Identifier: Apache-2.0
"""Bytes to examples and back: open, decode, read, recognise, convert, split, write."""
