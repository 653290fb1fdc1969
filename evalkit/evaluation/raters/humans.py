# SPDX-License-Identifier: Apache-2.0
"""What people said of answers: one verdict a row out of one sheet or several raters'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict, TypeVar

from evalkit.core.errors import InputError
from evalkit.core.printable import excerpt
from evalkit.evaluation.raters.key import answers_digest, pair_digest, swapped
from evalkit.evaluation.raters.table import Rated, Sheet, read_sheet
from evalkit.evaluation.raters.words import Kind

__all__ = ["Answered", "Humans", "read_humans"]

_OWN = {"candidate": "win", "base": "loss"}
_SUFFIXES = (".xlsx", ".csv", ".tsv")

_PARTS = ("candidate", "base")

Answered = tuple[str, str]
"""Which answer was called right or wrong: the question's id, and "candidate" or "base"."""


class _Shared(TypedDict):
    rows: int
    rated: int
    by_rater: dict[str, int]
    sheets: list[str]
    pair: str
    seed: int
    seen: dict[str, dict[Hashable, str]]


_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Humans:
    """People's verdicts.

    Attributes:
        kind: "pair": answers were compared; "right": each was called right or wrong.
        verdicts: Of a pair: question's id to "win", "tie" or "loss" of the candidate, by the
            majority of its raters.
        raters: Rater to the same, before the majority.
        answers: Of the other kind: which answer, to whether it is right, by majority.
        answer_raters: Rater to the same, before the majority.
        split: Rows without a majority: they are in no mapping of the majority.
        rows: Lines of the sheets; several sheets of the same rows count once.
        rated: Of these, lines with a verdict of anybody.
        by_rater: Rater to lines with a verdict.
        sheets: Paths, for the record.
        pair: Hash of the models that stood in the sheet; "" where it names them.
        seed: Of the sheet, for telling the pair and the answers.
        seen: Rater to row or answer to the digest of the texts rated; none for tables of others.
        stale: Questions whose verdicts were left out by `of_answers`.
    """

    kind: Kind = "pair"
    verdicts: Mapping[str, str] = field(default_factory=dict)
    raters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    answers: Mapping[Answered, bool] = field(default_factory=dict)
    answer_raters: Mapping[str, Mapping[Answered, bool]] = field(default_factory=dict)
    split: Sequence[str] = ()
    rows: int = 0
    rated: int = 0
    by_rater: Mapping[str, int] = field(default_factory=dict)
    sheets: Sequence[str] = ()
    pair: str = ""
    seed: int = 0
    seen: Mapping[str, Mapping[Hashable, str]] = field(default_factory=dict)
    stale: Sequence[str] = ()

    def of_answers(self, texts: Mapping[Answered, str]) -> Humans:
        """Without the verdicts on answers that are others now: nobody rated those.

        Rows that `texts` has not stay, and so do verdicts that do not say what was rated.

        Args:
            texts: The answers of today.
        """

        def others(rater: str, which: Hashable) -> bool:
            parts: list[Any] = (
                [which] if isinstance(which, tuple) else [(which, part) for part in _PARTS]
            )
            now = [texts[part] for part in parts if part in texts]
            rated = self.seen.get(rater, {}).get(which)
            whole = rated is not None and len(now) == len(parts)
            return whole and rated != answers_digest(self.seed, *now)

        def kept(said: Mapping[str, Mapping[_K, _V]]) -> dict[str, dict[_K, _V]]:
            left = {
                rater: {which: word for which, word in of.items() if not others(rater, which)}
                for rater, of in said.items()
            }
            return {rater: of for rater, of in left.items() if of}

        said: list[tuple[str, Iterable[Hashable]]] = [
            *self.raters.items(),
            *self.answer_raters.items(),
        ]
        stale = dict.fromkeys(
            str(which[0]) if isinstance(which, tuple) else str(which)
            for rater, of in said
            for which in of
            if others(rater, which)
        )
        if not stale:
            return self
        raters, answer_raters = kept(self.raters), kept(self.answer_raters)
        verdicts, split = _majority(raters)
        answers, unsure = _majority(answer_raters)
        return replace(
            self,
            verdicts=verdicts,
            raters=raters,
            answers=answers,
            answer_raters=answer_raters,
            split=split or list(dict.fromkeys(one for one, _ in unsure)),
            stale=list(stale),
        )

    def are_of(self, candidate: str, base: str | None) -> bool:
        """Whether these models stood in the sheet; True where it does not say."""
        return not self.pair or self.pair == pair_digest(self.seed, candidate, base)


def read_humans(
    path: Path | Sequence[Path],
    *,
    pair: tuple[str, str | None] | None = None,
    kind: Kind | None = None,
) -> Humans:
    """Read what raters wrote: sheets of `evalkit label`, or a table with `id` and `verdict`.

    Args:
        path: A file; a folder, for all its sheets; or several files. Each file, and each column
            `verdict_…` of a file, is a rater. A table of others' says who won by the model's name,
            or by "candidate", "base" or "tie".
        pair: (candidate, base) that the verdicts must be of; None = whatever they are of.
        kind: What the verdicts must be; None = whatever they are.

    Raises:
        InputError: A file that cannot be read or is given twice, cells that hold no verdict, sheets
            of different pairs, or of another pair or kind than the one wanted.
    """
    paths = [one for given in ([path] if isinstance(path, Path) else path) for one in _files(given)]
    twice = [one for one, n in Counter(one.resolve() for one in paths).items() if n > 1]
    if twice:
        raise InputError(
            f"{twice[0].name} is given twice: its verdicts would count double",
            "name each file once; a folder stands for all sheets in it",
        )
    sheets = [read_sheet(one) for one in paths]
    kinds = {sheet.kind for sheet in sheets if sheet.rated}
    rated = [one for sheet in sheets for one in sheet.rated]
    keys = {(one.key.seed, one.key.pair) for one in rated if one.key is not None}
    if len(kinds) > 1 or len(keys) > 1:
        raise InputError(
            f"{_named(paths)} do not belong together: of different kinds, pairs or seeds",
            "give the sheets of one draw of evalkit label",
        )
    if kind is not None and kinds and kinds != {kind}:
        what = "right or wrong" if "right" in kinds else "which answer is better"
        raise InputError(
            f"{_named(paths)} says {what}: another kind of verdict is wanted here",
            f"write the sheet with evalkit label RUN --as {kind}",
        )
    seed, digest = next(iter(keys), (0, ""))
    if pair is not None and digest and digest != pair_digest(seed, *pair):
        raise InputError(
            f"{_named(paths)} is not of {pair[0]}{f' and {pair[1]}' if pair[1] else ''}",
            "give the sheet that was written for this run and pair of models",
        )
    by_rater = _by_rater(sheets, paths)
    shared = _Shared(
        rows=max((sheet.rows for sheet in sheets), default=0),
        rated=len({(one.id, str(one.key)) for of in by_rater.values() for one in of}),
        by_rater={name: len(of) for name, of in by_rater.items()},
        sheets=[str(one) for one in paths],
        pair=digest,
        seed=seed,
        seen={name: dict(_seen(of)) for name, of in by_rater.items()},
    )
    if "right" in kinds:
        told = {
            name: {which: r.word == "right" for r in of for which in _which(r)}
            for name, of in by_rater.items()
        }
        right, unsure = _majority(told)
        return Humans(
            kind="right",
            answers=right,
            answer_raters=told,
            split=list(dict.fromkeys(one for one, _ in unsure)),
            **shared,
        )
    said = {name: {r.id: _outcome(r, pair) for r in of} for name, of in by_rater.items()}
    verdicts, split = _majority(said)
    return Humans(
        verdicts=verdicts,
        raters=said,
        split=split,
        **shared,
    )


def _files(given: Path) -> list[Path]:
    if not given.is_dir():
        return [given]
    found = sorted(p for p in given.iterdir() if p.suffix.lower() in _SUFFIXES and p.name[0] != "~")
    if not found:
        raise InputError(f"{given} holds no sheet", f"put {', '.join(_SUFFIXES)} files there")
    return found


def _by_rater(sheets: Sequence[Sheet], paths: Sequence[Path]) -> dict[str, list[Rated]]:
    """Verdicts by rater; the same row twice in a sheet must say the same.

    Files of one name in different folders are different raters.
    """
    found: dict[str, list[Rated]] = {}
    names = _names(paths)
    for sheet, path in zip(sheets, paths, strict=True):
        seen: dict[tuple[str, str], Rated] = {}
        for one in sheet.rated:
            # One rater of a sheet is called by the file.
            own = len(paths) == 1 and one.rater != path.stem
            file = names[path]
            name = one.rater if own else file if one.rater == path.stem else f"{file} {one.rater}"
            slot = one.key.slot if one.key is not None else "A"
            before = seen.setdefault((name, f"{slot}\0{one.id}"), one)
            if before is one:
                found.setdefault(name, []).append(one)
            elif (before.word, before.text) != (one.word, one.text):
                raise InputError(
                    f"{one.place} says `{excerpt(one.text, 20)}` and {before.place} says "
                    f"`{excerpt(before.text, 20)}` of the same row",
                    "leave one of the two rows",
                )
    return found


def _names(paths: Sequence[Path]) -> dict[Path, str]:
    """What files are called among themselves: `anna`, else `first/anna`, else the whole path."""
    whole = {path: path.resolve() for path in paths}
    shorter: Sequence[Callable[[Path], str]] = (
        lambda path: path.stem,
        lambda path: f"{path.parent.name}/{path.stem}",
    )
    found = {path: path.as_posix() for path in paths}
    for name in reversed(shorter):
        count = Counter(map(name, whole.values()))
        found |= {path: name(full) for path, full in whole.items() if count[name(full)] == 1}
    return found


def _which(one: Rated) -> list[Answered]:
    """The answers that a row shows, by the key's slot and side."""
    assert one.key is not None  # noqa: S101  rows that are right or wrong are ours
    if one.key.slot == "=":
        return [(one.id, "candidate"), (one.id, "base")]
    is_base = swapped(one.key.seed, one.id) == (one.key.slot == "1")
    return [(one.id, "base" if is_base else "candidate")]


def _seen(rated: Sequence[Rated]) -> Iterator[tuple[Hashable, str]]:
    """Each row, or each answer that it shows, with the digest of what was rated."""
    for one in rated:
        if one.key is not None:
            for which in [one.id] if one.key.slot == "A" else _which(one):
                yield which, one.key.answers


def _outcome(one: Rated, pair: tuple[str, str | None] | None) -> str:
    """win, tie or loss of the candidate."""
    if one.key is not None:
        if one.word == "tie":
            return "tie"
        won = (one.word == "A") != swapped(one.key.seed, one.id)
        return "win" if won else "loss"
    names = dict(_OWN)
    if pair is not None:
        names |= {pair[0]: "win"} | ({pair[1]: "loss"} if pair[1] else {})
    if one.text in names:
        return names[one.text]
    from evalkit.evaluation.raters.words import read_word

    word = read_word(one.text, "pair")
    if word == "tie":
        return "tie"
    why = "who is A is not known without the column `key`" if word in ("A", "B") else "no verdict"
    raise InputError(
        f'{one.place}: "{excerpt(one.text, 20)}": {why}',
        f"write {', '.join(names)} or tie",
    )


def _majority(said: Mapping[str, Mapping[_K, _V]]) -> tuple[dict[_K, _V], list[_K]]:
    """What more raters said than anything else, by row; and the rows without."""
    rows = dict.fromkeys(row for rater in said.values() for row in rater)
    found: dict[_K, _V] = {}
    split = []
    for row in rows:
        votes = Counter(rater[row] for rater in said.values() if row in rater).most_common(2)
        if len(votes) > 1 and votes[0][1] == votes[1][1]:
            split.append(row)
        else:
            found[row] = votes[0][0]
    return found, split


def _named(paths: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in paths)
