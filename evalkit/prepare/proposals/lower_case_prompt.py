# SPDX-License-Identifier: Apache-2.0
"""Prompts in capitals."""

from __future__ import annotations

from evalkit.prepare.letters import lower_case
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["lower_case_prompt"]


@proposal(90, en="write prompts in lower case", zh="把提示改为小写")
def lower_case_prompt(pairs: Pairs) -> Proposal | None:
    """Where more than a third of their letters are upper case."""
    return lower_case(pairs, "prompt")
