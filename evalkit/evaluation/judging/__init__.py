# SPDX-License-Identifier: Apache-2.0
"""A judge is asked about answers, and its words become verdicts that are measured first."""
