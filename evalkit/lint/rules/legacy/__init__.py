# SPDX-License-Identifier: Apache-2.0
"""Prompts and completions as the models before chat took them."""
