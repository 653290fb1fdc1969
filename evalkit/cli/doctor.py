# SPDX-License-Identifier: Apache-2.0
"""`evalkit doctor`: what is there, what is missing, and the line that mends it."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click

from evalkit import __version__

__all__ = ["Check", "doctor"]

_DISTRIBUTION = "evalkit-ft"
_LEAST_PYTHON = (3, 11)
_STORE = Path(".evalkit/store.sqlite")
_SHOWN_EXTRAS = ("fast", "eval", "local", "xlsx", "parquet", "zstd", "tokenizers", "remote")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the table.

    Attributes:
        name: What was looked at.
        state: "ok"; "missing" (optional); "problem" (mend it soon); "broken" (nothing works).
        found: Version, place or what is wrong.
        mend: The exact line that mends it, or "".
    """

    name: str
    state: Literal["ok", "missing", "problem", "broken"]
    found: str
    mend: str = ""


@click.command()
@click.option(
    "--output-format", type=click.Choice(["text", "json"]), default="text", help="How to print."
)
def doctor(output_format: str) -> None:
    """Say what is installed, what is missing, and the exact line that mends it.

    Looks at this machine only; nothing is imported that takes time and nothing is sent. Exit code
    2 only if the basics are broken.
    """
    checks = [
        _python(),
        Check(name="evalkit", state="ok", found=f"{__version__} in {_package()}"),
        *_name_sake(),
        *_packages(),
        *_local_model(),
        _training(),
        _keys(),
        _store(),
    ]
    if output_format == "json":
        table = {"schema": 1, "evalkit": __version__, "checks": [asdict(c) for c in checks]}
        click.echo(json.dumps(table, ensure_ascii=False, indent=2))
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            click.echo(f"{check.name:<{width}}  {check.state:<7}  {check.found}".rstrip())
            if check.mend:
                click.echo(f"{'':<{width}}           {check.mend}")
    raise SystemExit(2 if any(check.state == "broken" for check in checks) else 0)


def _python() -> Check:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < _LEAST_PYTHON:
        return Check(
            name="Python", state="broken", found=found, mend="install Python 3.11 or later"
        )
    return Check(name="Python", state="ok", found=found)


def _package() -> Path:
    return Path(__file__).resolve().parent.parent


def _name_sake() -> list[Check]:
    """The package `evalkit` on PyPI is another project that installs a module of the same name."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        other = distribution("evalkit")
    except PackageNotFoundError:
        return []
    shares = Path(str(other.locate_file("evalkit"))).resolve() == _package()
    return [
        Check(
            name="another evalkit",
            state="broken" if shares else "problem",
            found=f"the package `evalkit` {other.version} is another project"
            + (" and has written into our folder" if shares else ""),
            mend="pip uninstall -y evalkit && "
            f"pip install --force-reinstall --no-deps {_DISTRIBUTION}",
        )
    ]


def _packages() -> list[Check]:
    """Core dependencies and extras as our own metadata declares them."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        declared = requires(_DISTRIBUTION) or []
    except PackageNotFoundError:
        return [
            Check(
                name="packages",
                state="problem",
                found=f"{_DISTRIBUTION} is not installed: this is a bare checkout",
                mend='pip install -e ".[eval,local,fast]"',
            )
        ]
    by_extra: dict[str, list[str]] = {}
    for requirement in declared:
        name = re.match(r"[\w.-]+", requirement)
        marked = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", requirement)
        if name and name.group().lower() != _DISTRIBUTION and not _not_for_us(requirement):
            by_extra.setdefault(marked[1] if marked else "", []).append(name.group())
    general = by_extra.get("eval", [])  # part of `local` too: said once
    by_extra["local"] = [name for name in by_extra.get("local", []) if name not in general]
    core = f"pip install {_DISTRIBUTION}"
    checks = [_group("core packages", by_extra.get("", []), core, "broken")]
    for extra in _SHOWN_EXTRAS:
        if wanted := by_extra.get(extra):
            line = f'pip install "{_DISTRIBUTION}[{extra}]"'
            checks.append(_group(f"extra {extra}", wanted, line, "missing"))
    return checks


def _not_for_us(requirement: str) -> bool:
    """Whether its marker is for older Pythons only (all that our own metadata uses)."""
    marker = re.search(r"python_(?:full_)?version\s*<\s*['\"](\d+)\.(\d+)", requirement)
    return marker is not None and sys.version_info >= (int(marker[1]), int(marker[2]))


def _group(
    name: str, wanted: list[str], line: str, otherwise: Literal["broken", "missing"]
) -> Check:
    from importlib.metadata import PackageNotFoundError, version

    there, absent = [], []
    for package in wanted:
        try:
            there.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            absent.append(package)
    if absent:
        return Check(name=name, state=otherwise, found=f"without {', '.join(absent)}", mend=line)
    return Check(name=name, state="ok", found=", ".join(there))


def _local_model() -> list[Check]:
    from evalkit.core.errors import EvalkitError
    from evalkit.models._engine import engine_version
    from evalkit.models._weights import find_weights

    version = engine_version()
    engine = (
        Check(name="local engine", state="ok", found=f"xllamacpp {version}")
        if version
        else Check(
            name="local engine",
            state="missing",
            found="xllamacpp is not installed",
            mend=f'pip install "{_DISTRIBUTION}[local]"',
        )
    )
    try:
        path, how = find_weights()
        with path.open("rb") as stream:
            whole = stream.read(4) == b"GGUF"
    except (EvalkitError, OSError) as error:
        message, hint = getattr(error, "message", str(error)), getattr(error, "hint", "")
        return [engine, Check(name="local model", state="missing", found=message, mend=hint)]
    if not whole:
        found, mend = f"{path} is no GGUF file", "delete it and run: evalkit local setup"
        return [engine, Check(name="local model", state="problem", found=found, mend=mend)]
    size = path.stat().st_size / 1e6
    return [engine, Check(name="local model", state="ok", found=f"{path} ({how}, {size:.0f} MB)")]


def _training() -> Check:
    """Whether `evalkit job submit --target local` can run."""
    from importlib.metadata import version

    from evalkit.jobs.training.needs import PACKAGES, install_line, missing_packages

    if missing := missing_packages():
        return Check(
            name="local training",
            state="missing",
            found=f"without {', '.join(missing)}",
            mend=install_line(missing),
        )
    found = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return Check(name="local training", state="ok", found=found)


def _keys() -> Check:
    """Names only: no part of a key is ever printed."""
    from evalkit.models._endpoints import endpoints

    known = sorted({e.key_env for e in endpoints().values() if e.key_env})
    there = [name for name in known if os.environ.get(name)]
    if there:
        return Check(name="keys", state="ok", found=", ".join(there))
    return Check(
        name="keys",
        state="missing",
        found="none set; local models, baselines and recordings need none",
        mend="export OPENAI_API_KEY=…   # only for hosted models",
    )


def _store() -> Check:
    if not _STORE.exists():
        return Check(name="answers", state="ok", found=f"none stored yet in {_STORE.parent}")
    size = _STORE.stat().st_size / 1e6
    writable = os.access(_STORE, os.W_OK) and os.access(_STORE.parent, os.W_OK)
    if not writable:
        found = f"{_STORE} cannot be written"
        return Check(name="answers", state="problem", found=found, mend=f"chmod u+rw {_STORE}")
    return Check(name="answers", state="ok", found=f"{_STORE}, {size:.1f} MB")
