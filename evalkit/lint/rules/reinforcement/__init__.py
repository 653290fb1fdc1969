# SPDX-License-Identifier: Apache-2.0
"""Prompts for reinforcement, and what their graders read."""
