# SPDX-License-Identifier: Apache-2.0
"""`evalkit job resume`."""

from __future__ import annotations

from typing import Any

import click

from evalkit.cli._job_options import JOB, job_options

__all__ = ["command"]


@click.command(name="resume")
@JOB
@job_options
def command(job: str, **given: Any) -> int:
    """Go on with JOB, which was paused.

    Exit codes: 0 done, 1 it has ended already, 2 the provider cannot, 3 it refused.
    """
    from evalkit.cli._job_cancel_acts import acted

    return acted("resume", job, given)
