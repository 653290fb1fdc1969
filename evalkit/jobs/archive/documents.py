# SPDX-License-Identifier: Apache-2.0
"""What an archive's own files hold: JSON without keys, moments in UTC."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from evalkit.core.secrets import removed
from evalkit.jobs.job import Job

__all__ = ["as_bytes", "as_line", "day", "job_document", "utc"]

# Parameters by which a link lets anybody in for a while.
_SIGNED = re.compile(r"(https?://[^\s\"'?]+)\?[^\s\"']*(?i:sig|token|key|credential)[^\s\"']*")


def job_document(job: Job) -> Mapping[str, Any]:
    """In our words first, and all that the provider said below."""
    whole = asdict(job)
    said = whole.pop("document")
    return {"schema": 1, **whole, "provider_says": said}


def as_bytes(document: Any) -> bytes:
    """A JSON file."""
    text = json.dumps(_clean(document), ensure_ascii=False, indent=1, default=str)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def as_line(document: Any) -> bytes:
    """A line of a JSON lines file, without its end."""
    text = json.dumps(_clean(document), ensure_ascii=False, default=str)
    return text.encode("utf-8", "backslashreplace")


def _clean(value: Any) -> Any:
    """Without keys, the signatures of links, and numbers that are none, which JSON has not."""
    if isinstance(value, str):
        return _SIGNED.sub(r"\1", removed(value))
    if isinstance(value, Mapping):
        return {str(key): _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def day(time: float | None) -> str | None:
    """Unix time as a moment; None where it is none."""
    try:
        return None if time is None else utc(datetime.fromtimestamp(time, UTC))
    except (OverflowError, OSError, ValueError):  # a provider may say anything
        return None


def utc(moment: datetime) -> str:
    """A moment to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
