# SPDX-License-Identifier: Apache-2.0
"""`evalkit job cancel`."""

from __future__ import annotations

import sys
from typing import Any

import click

from evalkit.cli._job_options import JOB, job_options

__all__ = ["command"]


@click.command(name="cancel")
@JOB
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@job_options
def command(job: str, *, yes: bool, **given: Any) -> int:
    """Stop JOB for good; on a terminal it asks first. What was trained by then is billed.

    Exit codes: 0 cancelled, 1 it has ended otherwise already, 2 the provider cannot, 3 it refused.
    """
    from evalkit.cli._job_cancel_acts import acted

    return acted("cancel", job, given, yes=yes or not sys.stdin.isatty())
