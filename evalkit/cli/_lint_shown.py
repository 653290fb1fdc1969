# SPDX-License-Identifier: Apache-2.0
"""What `--show-settings` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from evalkit.cli._lint_settings import configuration
from evalkit.core.printable import printable
from evalkit.lint.catalogue import rules_for
from evalkit.lint.policy import resolve
from evalkit.lint.settings import Settings

__all__ = ["shown_settings"]


def shown_settings(settings: Settings, paths: Sequence[str]) -> Iterator[str]:
    """What is in force: the files, the settings, the rules that run.

    Raises:
        UsageError: The settings name a rule, target or model that is not there.
    """
    policy = resolve(settings, rules_for(settings))
    yield f"# configuration: {printable(str(configuration().file or 'none'))}"
    yield f"# files: {len(paths)}"
    for field in fields(settings):
        yield f"{field.name} = {printable(_shown(getattr(settings, field.name)))}"
    yield f"# rules that run: {len(policy.runs)}"
    for run in policy.runs:
        options = " ".join(f"{k}={_shown(v)}" for k, v in run.options.items())
        yield printable(f"{run.rule.code} {run.rule.name} {run.severity.label} {options}".rstrip())


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        value = dict(value)
    return json.dumps(value, ensure_ascii=False, default=str)
