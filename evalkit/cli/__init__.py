# SPDX-License-Identifier: Apache-2.0
"""The commands: one file each, which only translate between a terminal and the engines."""
