# SPDX-License-Identifier: Apache-2.0
"""A model's scores in a small file in git, and later runs held against it."""
