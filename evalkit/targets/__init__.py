# SPDX-License-Identifier: Apache-2.0
"""Providers and trainers as data: one TOML file each."""
