# SPDX-License-Identifier: Apache-2.0
"""Recorded answers of any origin are aligned, and compared without asking a model."""
