# SPDX-License-Identifier: Apache-2.0
"""`evalkit job pause`."""

from __future__ import annotations

from typing import Any

import click

from evalkit.cli._job_options import JOB, job_options

__all__ = ["command"]


@click.command(name="pause")
@JOB
@job_options
def command(job: str, **given: Any) -> int:
    """Stop JOB until `evalkit job resume`; what it has learnt so far is kept.

    Exit codes: 0 done, 1 it has ended already, 2 the provider cannot, 3 it refused.
    """
    from evalkit.cli._job_cancel_acts import acted

    return acted("pause", job, given)
