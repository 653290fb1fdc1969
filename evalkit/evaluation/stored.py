# SPDX-License-Identifier: Apache-2.0
"""A run on disk: run.json (everything but the rows), samples.jsonl (a row a line), timings.jsonl.

No clock value stands in samples.jsonl, so that a resumed run writes the same bytes.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from math import isnan, nan
from pathlib import Path
from typing import Any, TypeVar

from evalkit.core.atomic import write_text
from evalkit.core.errors import InputError
from evalkit.evaluation.result import Row, Run

__all__ = ["decoded", "encoded", "load_run", "save_run"]

_T = TypeVar("_T")
_SCHEMA = 1


def save_run(run: Run, folder: Path, *, timings: Sequence[Mapping[str, Any]] = ()) -> None:
    """Write the run's three files, each whole or not at all."""
    import evalkit

    body = encoded(run)
    rows = body.pop("rows")
    head = {"evalkit": evalkit.__version__, "schema": _SCHEMA, **body}
    write_text(folder / "samples.jsonl", "".join(f"{_line(row)}\n" for row in rows))
    write_text(folder / "timings.jsonl", "".join(f"{_line(row)}\n" for row in timings))
    # Last: a folder with a run.json is a finished run.
    write_text(folder / "run.json", json.dumps(head, ensure_ascii=False, indent=1) + "\n")


def load_run(folder: Path) -> Run:
    """Read a run back.

    Raises:
        InputError: Not the folder of a finished run, or of another version of evalkit.
    """
    folder = folder.parent if folder.name == "run.json" else folder
    try:
        head = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        with (folder / "samples.jsonl").open(encoding="utf-8", newline="\n") as lines:
            rows = [decoded(json.loads(line), Row) for line in lines]
    except OSError as error:
        raise InputError(
            f"{folder} holds no finished run: {error.strerror}", "give a folder below reports/"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder} holds a damaged run", "run the suite again") from error
    if head.get("schema") != _SCHEMA:
        raise InputError(
            f"{folder} was written by evalkit {head.get('evalkit')}", "run the suite again"
        )
    fields = {f.name for f in dataclasses.fields(Run)}
    try:
        return decoded({**{k: v for k, v in head.items() if k in fields}, "rows": rows}, Run)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder} holds a damaged run", "run the suite again") from error


def encoded(value: Any) -> Any:
    """JSON values of a dataclass; NaN becomes null, rare fields with their default are left out."""
    if dataclasses.is_dataclass(value):
        fields = ((f, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {
            f.name: encoded(held)
            for f, held in fields
            if not (f.metadata.get("rare") and _is_default(held, _default(f)))
        }
    if isinstance(value, float):
        return None if isnan(value) else value
    if isinstance(value, Mapping):
        return {str(k): encoded(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [encoded(v) for v in value]
    return value


def _default(of: dataclasses.Field[Any]) -> Any:
    made = of.default_factory
    return of.default if made is dataclasses.MISSING else made()


def _is_default(held: Any, default: Any) -> bool:
    if isinstance(default, float) and isnan(default):  # NaN equals nothing, itself included
        return isinstance(held, float) and isnan(held)
    return bool(held == default)


def decoded(value: Any, kind: type[_T]) -> _T:
    """The dataclass of `kind` from its JSON values; null becomes NaN where a float is due."""
    result: _T = _decoded(value, kind)
    return result


def _decoded(value: Any, kind: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if isinstance(value, kind):
            return value
        hints = _hints(kind)
        return kind(**{k: _decoded(v, hints[k]) for k, v in value.items() if k in hints})
    if kind is float:
        return nan if value is None else float(value)
    if origin in (types.UnionType, typing.Union):
        inner = next(a for a in arguments if a is not type(None))
        return None if value is None else _decoded(value, inner)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return tuple(_decoded(v, a) for v, a in zip(value, arguments, strict=True))
    if origin in (Sequence, tuple):
        return tuple(_decoded(v, arguments[0]) for v in value)
    if origin is Mapping:
        return {k: _decoded(v, arguments[1]) for k, v in value.items()}
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
