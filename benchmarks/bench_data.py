# SPDX-License-Identifier: Apache-2.0
"""Tables to chat JSONL: evalkit against pandas (CSV) and openpyxl (XLSX), in one run.

    python benchmarks/bench_data.py [--gb 0.1] [--rows 100000] [--rounds 3]

Whole processes on the same file, `evalkit convert` against benchmarks/peers/pandas_csv.py and
openpyxl_rows.py; both must write the same bytes. Wall and CPU seconds are the best of the rounds,
interleaved; ratios are of CPU, which other programs on the machine disturb least. Peak memory by
file size shows that it is flat. `openpyxl rows` is compared with our reader alone.
"""

from __future__ import annotations

import argparse
import csv
import filecmp
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared" / "data"

sys.path.insert(0, str(HERE))

# Our reader by itself: what a person iterates over, without examples made of it.
READER = """
import sys
from evalkit.data.readers.xlsx import opened, sheets, xlsx
from evalkit.data.source import open_source
source = open_source(sys.argv[1])
book = opened(source)
print(sum(1 for _ in xlsx(book, sheets(book)[0], source.path)))
"""


class Goal(NamedTuple):
    """A peer, and how many times as fast evalkit is to be."""

    name: str
    ours: Sequence[str]
    theirs: Sequence[str]
    ratio: float


def exchanges(limit: int) -> list[tuple[str, str]]:
    """Real questions and answers in both languages; made up ones where those are not here."""
    if SHARED.exists():
        from corpus import build

        with tempfile.NamedTemporaryFile(suffix=".jsonl") as target:
            build(SHARED, Path(target.name), limit)
            rows = [json.loads(line) for line in target.read().split(b"\n") if line]
        found = [(r["messages"][-2]["content"], r["messages"][-1]["content"]) for r in rows]
        # A `'` before a formula is how our own tables keep it from being run: it is no text here.
        return [pair for pair in found if not any(text.startswith("'") for text in pair)]
    dice = random.Random(7)  # noqa: S311
    words = ["where", "is", "my", "order,", 'it said "today"', "我的订单", "还没有到", "怎么退款？"]
    return [
        (" ".join(dice.choices(words, k=20)), "\n".join(dice.choices(words, k=80)))
        for _ in range(10_000)
    ]


def rows_of(said: Sequence[tuple[str, str]]) -> Iterator[tuple[int, str, str, str]]:
    number = 0
    while True:
        for question, answer in said:
            number += 1
            yield number, question, answer, "zh" if number % 2 else "en"


def csv_of(path: Path, size: int, said: Sequence[tuple[str, str]]) -> int:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", "prompt", "completion", "lang"))
        for row in rows_of(said):
            writer.writerow(row)
            if row[0] % 500 == 0 and stream.tell() >= size:
                return row[0]
    raise AssertionError


def xlsx_of(path: Path, count: int, said: Sequence[tuple[str, str]]) -> None:
    from xlsxwriter import Workbook

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(str(path), options)
    sheet = book.add_worksheet()
    sheet.write_row(
        0, 0, ("id", "prompt", "completion", "lang", "created", "channel", "agent", "rating")
    )
    for row in rows_of([(q, a) for q, a in said if len(q) + len(a) < 600] or said):
        day, channel = f"2026-{row[0] % 12 + 1:02}-{row[0] % 28 + 1:02}", ("web", "app")[row[0] % 2]
        sheet.write_row(row[0], 0, (*row, day, channel, row[0] % 97, row[0] % 5))
        if row[0] == count:
            break
    book.close()


def race(goals: Sequence[Goal], rounds: int) -> None:
    """Print what each process took."""
    from bench_lint import timed

    print(f"{'':32}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'ratio':>7}  goal")
    for goal in goals:
        best: dict[str, tuple[float, float, float]] = {}
        for _ in range(rounds):
            for side, command in (("theirs", goal.theirs), ("ours", goal.ours)):
                now = timed(command)
                old = best.get(side, now)
                best[side] = (min(now[0], old[0]), min(now[1], old[1]), max(now[2], old[2]))
        ratio = best["theirs"][1] / best["ours"][1]
        verdict = f"{goal.ratio}  {'ok' if ratio >= goal.ratio else 'MISSED'}"
        for side, end in (("theirs", ""), ("ours", f"{ratio:7.2f}  {verdict}")):
            wall, cpu, peak = best[side]
            name = goal.name if side == "theirs" else "  evalkit"
            print(f"{name:32}{wall:8.2f}{cpu:8.2f}{peak:9.0f}{end}")


def converted(path: Path, target: Path) -> list[str]:
    return [sys.executable, "-m", "evalkit", "--isolated", "convert", str(path), str(target)]


def same(one: Path, other: Path) -> None:
    if not filecmp.cmp(one, other, shallow=False):
        raise SystemExit(f"{one} and {other} differ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gb", type=float, default=0.1, help="Of the CSV.")
    parser.add_argument("--rows", type=int, default=100_000, help="Of the workbook; 0 = none.")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    said = exchanges(30_000_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, small, ours, theirs = (folder / n for n in ("x.csv", "y.csv", "o.jsonl", "t.jsonl"))
        count = csv_of(table, int(given.gb * 1e9), said)
        print(f"CSV: {count:,} rows, {table.stat().st_size / 1e6:,.0f} MB")
        peer = [sys.executable, str(HERE / "peers/pandas_csv.py"), str(table), str(theirs)]
        race([Goal("pandas, in chunks", converted(table, ours), peer, 1.0)], given.rounds)
        same(ours, theirs)
        csv_of(small, int(given.gb * 1e8), said)
        from bench_lint import timed

        peak = timed(converted(small, ours))[2]
        print(f"a tenth of the file: peak {peak:.0f} MB")
        for path in (table, small, ours, theirs):
            path.unlink()
        if given.rows:
            book = folder / "x.xlsx"
            xlsx_of(book, given.rows, said)
            print(f"XLSX: {given.rows:,} rows, {book.stat().st_size / 1e6:,.0f} MB")
            peer = [sys.executable, str(HERE / "peers/openpyxl_rows.py"), str(book)]
            goals = [
                Goal("openpyxl rows", [sys.executable, "-c", READER, str(book)], peer, 5.0),
                Goal("openpyxl to JSONL", converted(book, ours), [*peer, str(theirs)], 2.5),
            ]
            race(goals, given.rounds)
            same(ours, theirs)


if __name__ == "__main__":
    main()
