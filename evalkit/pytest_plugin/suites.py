# SPDX-License-Identifier: Apache-2.0
"""A suite as this session asks it: its file or its Python form, with the options over it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion

if TYPE_CHECKING:
    from evalkit.evaluation.suite import Suite
    from evalkit.models.spec import ModelSpec
    from evalkit.pytest_plugin.settings import Settings

__all__ = ["as_asked", "from_document", "from_file", "in_stead"]

_SAYS_CONFIDENCE = re.compile(rb'^\s*[{,]?\s*"?confidence"?\s*:', re.MULTILINE)


def from_file(path: Path, settings: Settings) -> Suite:
    """The suite of a file.

    Raises:
        EvalkitError: It cannot be read, or says what cannot be.
    """
    from evalkit.evaluation.suite import load_suite

    suite = load_suite(path)
    says = _SAYS_CONFIDENCE.search(path.read_bytes()) is not None
    return as_asked(suite, settings, says_confidence=says)


def from_document(
    document: Mapping[str, Any], settings: Settings, *, folder: Path, name: str
) -> Suite:
    """The suite of a mapping with the keys of a suite file.

    Raises:
        EvalkitError: It says what cannot be.
    """
    import hashlib

    from evalkit.evaluation.suite import suite_from

    digest = hashlib.blake2b(repr(document).encode(), digest_size=16).hexdigest()
    suite = suite_from(
        dict(document), folder=folder, name=name, place=f"the suite {name}", digest=digest
    )
    return as_asked(suite, settings, says_confidence="confidence" in document)


def as_asked(suite: Suite, settings: Settings, *, says_confidence: bool = True) -> Suite:
    """The suite with the options of the session over it.

    Raises:
        UsageError: An option that cannot be.
    """
    from evalkit.evaluation.run_settings import adjusted

    if settings.confidence is not None and not says_confidence:
        suite = replace(suite, confidence=settings.confidence)
    if settings.models:
        where = f"the suite {suite.name}"
        suite = replace(suite, models=in_stead(suite.models, settings, where=where))
    return adjusted(suite, limit=settings.limit, repeats=settings.repeats)


def in_stead(
    models: Mapping[str, ModelSpec], settings: Settings, *, where: str
) -> dict[str, ModelSpec]:
    """The models, some replaced by those of --evalkit-model.

    A suite that has no such model is an error: else a typo would have the gates pass on the model
    that was meant to be replaced.

    Raises:
        UsageError: No model of that name, or a specification that cannot be.
    """
    from evalkit.models.spec import parse_spec

    found = dict(models)
    for name, spec in settings.models.items():
        if name not in found:
            raise UsageError(
                f"--evalkit-model: {where} has no model `{excerpt(name)}`"
                f"{suggestion(name, list(found))}",
                f"its models: {', '.join(found)}; suites that have it may be named by themselves",
            )
        found[name] = parse_spec(spec, where=f"--evalkit-model {name}")
    return found
