# SPDX-License-Identifier: Apache-2.0
"""Examples that stand there twice, or on both sides of a split."""
