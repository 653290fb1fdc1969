# SPDX-License-Identifier: Apache-2.0
"""What an asking process says of itself when it is done."""

from __future__ import annotations

import json
import resource
import sys
import time


def report(asking: float) -> None:
    """One JSON line: CPU seconds of the asking and of the whole process, peak memory in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(json.dumps({"asking": asking, "whole": time.process_time(), "mb": megabytes}))
