# SPDX-License-Identifier: Apache-2.0
"""`evalkit.convert`: rows in another layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.api._read import read
from evalkit.core.errors import InputError
from evalkit.data.convert import Account, Edits
from evalkit.data.convert import convert as converted
from evalkit.data.formats._layout import Layout
from evalkit.data.frames import from_frame
from evalkit.data.loss import FEATURES
from evalkit.data.read import DataSet
from evalkit.data.recognise import layout
from evalkit.data.wanted_layout import has_answers, layout_for

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Conversion", "convert"]


@dataclass(slots=True)
class Conversion:
    """Rows in another layout, made while they are asked for.

    Attributes:
        layout: Name of the layout that they have.
        account: What was lost and left out; filled while the rows are made, once for each time.
    """

    layout: str
    account: Account = field(default_factory=Account)
    _source: Iterable[Any] = field(default=(), repr=False)
    _options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows, in order."""
        self.account = Account()
        return converted(self._source, layout(self.layout), self.account, **self._options)

    def write(self, path: str | Path) -> int:
        """Write all rows to a file, whole or not at all; its suffix says which kind it is.

        Args:
            path: Such as `train.jsonl`, `train.jsonl.gz`, `train.parquet`, `train.csv`.

        Returns:
            The number of rows written.

        Raises:
            InputError: No row can be converted, or the place cannot be written.
            MissingExtraError: The kind of file needs an extra that is not installed.
        """
        from evalkit.data.write import write_rows

        write_rows(self, path)
        return self.account.written

    @property
    def lost(self) -> dict[str, int]:
        """What the rows made so far lack, in words, to the number of rows."""
        return {FEATURES[key].words: count for key, count in sorted(self.account.lost.items())}

    @property
    def rewritten(self) -> dict[str, int]:
        """What they hold in another form, in words, to the number of rows."""
        return {FEATURES[key].words: count for key, count in sorted(self.account.rewritten.items())}

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """Where the examples stand that could not be converted, and why."""
        return [(str(where), why) for where, why in self.account.left_out]

    def _repr_html_(self) -> str:
        """A table of what became of the rows, for notebooks; everything in it is escaped."""
        from html import escape

        lines = [("written", f"{self.account.written:,}")]
        lines += [(f"lost: {words}", f"{count:,}") for words, count in self.lost.items()]
        lines += [(f"differently: {words}", f"{n:,}") for words, n in self.rewritten.items()]
        if self.account.number_left_out:
            lines.append(("left out", f"{self.account.number_left_out:,}"))
        body = "".join(f"<tr><td>{escape(k)}</td><td>{escape(v)}</td></tr>" for k, v in lines)
        return f"<table><caption>{escape(self.layout)}</caption>{body}</table>"


def convert(
    source: DataSet | str | Path | pd.DataFrame,
    to: str,
    *,
    keep: Sequence[str] = (),
    replace: Mapping[str, str] | None = None,
    system: str | None = None,
) -> Conversion:
    """Rows in the layout of a provider or trainer.

    Args:
        source: What `read` or `from_frame` gives, or a path, or a frame.
        to: A layout ("sharegpt") or a target ("together").
        keep: Fields to keep, which else are lost; `("all",)` = all of them.
        replace: Old to new text, in every text of every message.
        system: A system prompt for conversations that have none.

    Returns:
        The rows when it is iterated; `lost` and `left_out` say what became of the rest.

    Raises:
        UsageError: No such layout or target, or one that is only read.
        InputError: As `read`; the layout of the rows is not known.
    """
    if isinstance(source, str | Path):
        data = read(source)
    elif isinstance(source, DataSet):
        data = source
    else:
        data = from_frame(source)
    formats = (one.format for one in data if one.broken is None)
    known = next((one for one in formats if isinstance(one, Layout)), None)
    if known is None and data.format is None:
        raise InputError(f"{data.path}: the layout of its rows is not known", "name it: layout=")
    edits = Edits(system=system, replace=tuple((replace or {}).items()))
    options = {"keep": tuple(keep), "edits": edits}
    answered = known is not None and known.method == "rft" and has_answers(data)
    wanted = layout_for(to, known, answered=answered)
    return Conversion(wanted.name, _source=data, _options=options)
