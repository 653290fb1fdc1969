# SPDX-License-Identifier: Apache-2.0
"""Completions in capitals."""

from __future__ import annotations

from evalkit.prepare.letters import lower_case
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["lower_case_completion"]


@proposal(100, en="write completions in lower case", zh="把回答改为小写")
def lower_case_completion(pairs: Pairs) -> Proposal | None:
    """Where more than a third of their letters are upper case."""
    return lower_case(pairs, "completion")
