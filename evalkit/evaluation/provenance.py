# SPDX-License-Identifier: Apache-2.0
"""What a reader needs to repeat a run: versions, hashes, seeds, settings."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from evalkit.evaluation.asked import Asked
from evalkit.evaluation.suite import Suite

__all__ = ["provenance"]

_PACKAGES = ("openai", "xllamacpp", "scikit-learn", "numpy", "scipy")


def provenance(
    suite: Suite, answered: Mapping[str, Asked], *, data: str, rows: int
) -> Mapping[str, str]:
    """Label to value, in the order of the page.

    Args:
        suite: The suite that ran.
        answered: What its models answered.
        data: sha256 of the held-out file.
        rows: How many rows of it were asked.
    """
    from importlib.metadata import PackageNotFoundError, version

    import evalkit

    found = {
        "evalkit": evalkit.__version__,
        "python": platform.python_version(),
        "data": suite.data,
        "data sha256": data,
        "rows": f"{rows} (the first, as the suite says)" if suite.limit == rows else str(rows),
        "train": suite.train or "",
        "suite blake2b": suite.digest,
        "seed": str(suite.seed),
        "temperature": f"{suite.temperature:g}",
        "confidence": f"{suite.confidence:g}",
    }
    for name, asked in answered.items():
        found[f"model {name}"] = asked.identity
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return {label: value for label, value in found.items() if value}
