# SPDX-License-Identifier: Apache-2.0
"""Is this fine-tuning data fit to upload, what will it cost, and is the tuned model better?"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit._compare_api import compare as compare
    from evalkit.api import convert as convert
    from evalkit.api import estimate as estimate
    from evalkit.api import from_frame as from_frame
    from evalkit.api import read as read
    from evalkit.api import run as run
    from evalkit.api import to_frame as to_frame
    from evalkit.in_tests import Suite as Suite
    from evalkit.in_tests import normalise as normalise
    from evalkit.in_tests import rows as rows

__version__ = "0.1.0"

__all__ = [
    "Suite",
    "__version__",
    "compare",
    "convert",
    "estimate",
    "from_frame",
    "normalise",
    "read",
    "rows",
    "run",
    "to_frame",
]

_ELSEWHERE = {
    "compare": "evalkit._compare_api",
    **dict.fromkeys(("Suite", "normalise", "rows"), "evalkit.in_tests"),
}


def __getattr__(name: str) -> Any:
    """What `evalkit.api` holds, imported when it is asked for: the command starts without it."""
    if name in __all__:
        return getattr(import_module(_ELSEWHERE.get(name, "evalkit.api")), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
