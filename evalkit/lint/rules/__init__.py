# SPDX-License-Identifier: Apache-2.0
"""The rules, one file each, in a folder for each family."""
