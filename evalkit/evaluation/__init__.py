# SPDX-License-Identifier: Apache-2.0
"""A suite becomes answers, scores, measures, differences and gate verdicts."""
