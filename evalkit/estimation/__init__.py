# SPDX-License-Identifier: Apache-2.0
"""Tokens, epochs, steps, money: before anything is spent."""
