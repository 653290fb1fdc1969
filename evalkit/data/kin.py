# SPDX-License-Identifier: Apache-2.0
"""Which rows stay together: those that ask the same, belong together, or are nearly the same.

Kinship goes on from row to row, so that a set made from a template may be one family. Families too
large to be split are looked at more closely, then let go: `Kin.loosen`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.data.similarity import NEAR, alike, resemblance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from evalkit.data.facts import Facts

__all__ = ["Kin", "joined", "same"]

_CLOSER = (0.8, 0.9, float("inf"))  # resemblance from which rows of a large family stay together
_ASKED = 0.25  # with one long answer it is the questions that must be alike, a little


def same(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each row the first one of equal value; shape (n,)."""
    import numpy as np

    _, first, index = np.unique(values, return_index=True, return_inverse=True)
    return first[index].astype(np.int64)


def joined(
    roots: NDArray[np.int64], one: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The families when pairs of rows are kin too.

    Args:
        roots: Least row of the family of each row, shape (n,); is changed.
        one: Rows, shape (k,).
        other: Their kin, shape (k,).

    Returns:
        `roots`. Connected components by hooking and pointer jumping (Shiloach, Vishkin 1982).
    """
    import numpy as np

    while True:
        here, there = roots[one], roots[other]
        apart = here != there
        if not apart.any():
            return roots
        one, other = one[apart], other[apart]
        here, there = here[apart], there[apart]
        np.minimum.at(roots, np.maximum(here, there), np.minimum(here, there))
        while True:
            up = roots[roots]
            if (up == roots).all():
                break
            roots[:] = up


class Kin:
    """Families of rows.

    Args:
        facts: Of the rows.
        group: Whether rows of one group belong together.
        near: Whether rows that are nearly the same do.

    Attributes:
        roots: Least row of the family of each row, shape (n,).
        base: The same without near duplicates.
        least: Resemblance from which each row counts as nearly the same as another; shape (n,).
        stock: Which rows look like another one by their answer alone, shape (n,).
    """

    def __init__(self, facts: Facts, *, group: bool, near: bool) -> None:
        import numpy as np

        self.base = same(facts.key_column())
        if group:
            groups = facts.group_column()
            rows = np.flatnonzero(groups)
            self.base = joined(self.base, rows, rows[same(groups[rows])])
        self.roots = self.base.copy()
        self.least = np.full(len(self.base), NEAR)
        self.stock = np.zeros(len(self.base), bool)
        self._near = near and len(self.base) > 1
        if self._near:
            self._said, self._asked, self._answers = facts.texts()
            self._join(np.arange(len(self.base)))

    def _join(self, rows: NDArray[np.int64]) -> None:
        """Bring together what is nearly the same among some rows."""
        import numpy as np

        every = len(rows) == len(self.roots)  # then nothing is copied
        roots = self.roots if every else self.roots[rows]
        said = self._said if every else self._said[rows]
        for i, j, share in alike(said, groups=roots):
            kin = self._kin(rows[i], rows[j], share)
            if kin.any():
                joined(self.roots, rows[i[kin]], rows[j[kin]])
                if not every:
                    np.take(self.roots, rows, out=roots)

    def _kin(
        self, one: NDArray[np.int64], other: NDArray[np.int64], share: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Which pairs are nearly the same.

        Two different questions that get the same long answer look alike by that alone; a set of
        stock replies would be one family for each reply.
        """
        import numpy as np

        kin: NDArray[np.bool_] = share >= np.maximum(self.least[one], self.least[other])
        stock = kin & (self._answers[one] != 0) & (self._answers[one] == self._answers[other])
        i, j = one[stock], other[stock]
        close = resemblance(self._asked[i], self._asked[j]) >= _ASKED
        kin[stock] = close
        self.stock[i[~close]] = self.stock[j[~close]] = True
        return kin

    def loosen(self, most: int) -> bool:
        """Look more closely at families by likeness of more than `most` rows.

        In them only rows that are 80 % alike stay together, then 90 %, then those that ask the
        same.

        Returns:
            Whether there was one.
        """
        import numpy as np

        changed = False
        for least in _CLOSER:
            sizes = np.bincount(self.roots, minlength=len(self.roots))
            made = self.roots != self.base
            by_likeness = np.bincount(self.roots, weights=made, minlength=len(self.roots)) > 0
            large = ((sizes > most) & by_likeness)[self.roots]
            if not large.any():
                break
            changed = True
            self.roots[large] = self.base[large]
            self.least[large] = np.maximum(self.least[large], least)
            if least <= 1:
                self._join(np.flatnonzero(large))
        return changed

    def state(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """What `restore` brings back."""
        return self.roots.copy(), self.least.copy()

    def restore(self, state: tuple[NDArray[np.int64], NDArray[np.float64]]) -> None:
        """Be as before."""
        self.roots, self.least = state

    def bring_together(self, parts: NDArray[np.int64]) -> bool:
        """Join what is nearly the same and stands in two parts.

        A part is compared with another as `evalkit lint --against` compares two files, which may
        find what a comparison of all with all did not.

        Args:
            parts: Of each row, shape (n,).

        Returns:
            Whether there was anything.
        """
        import numpy as np

        if not self._near:
            return False
        before = self.roots.copy()
        last = int(parts.max())
        sides = [(a, b) for b in range(1, last + 1) for a in (0, *range(b + 1, last + 1))]
        for learned, held in sides:
            rows = np.flatnonzero((parts == learned) | (parts == held))
            said = self._said if len(rows) == len(parts) else self._said[rows]
            for i, j, share in alike(said, parts[rows] == held):
                kin = self._kin(rows[i], rows[j], share)
                joined(self.roots, rows[i[kin]], rows[j[kin]])
        return bool((before != self.roots).any())
