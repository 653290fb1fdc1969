# SPDX-License-Identifier: Apache-2.0
"""Writes the demo's spreadsheet and held-out set from the rows in tools/demo_rows.

    python tools/make_demo_data.py [-o suites/support]

The sheet gets the faults that such sheets have in real life; faults.json says where each one is.
The bytes written depend on the rows alone. Needs xlsxwriter (`pip install "evalkit-ft[xlsx]"`).
"""

import argparse
import csv
import datetime as dt
import io
import json
import random
from pathlib import Path
from typing import Any

ROWS = Path(__file__).parent / "demo_rows"
HEADERS = ("Message", "Intent", "Reply", "Lang", "Channel")
FRAME = {
    "en": "Thank you for writing. {} Warmly, Lumen & Oak",
    "zh": "感谢来信。{}流明与橡木 敬上",
}
VARIANTS = ("Refund", "refunds", "re-fund", " refund ", "Billing")
# In two pieces, so that scanners of source code do not take it for a real key.
FAKE_KEY = "sk-" + "proj-" + "Ev4lK1tD3m0" + "NotARealKey7Qx2ZpWm9RtLc5HsYb8UfJgN6Ta"

Row = dict[str, str]


def table(name: str) -> list[Row]:
    """Reads one of the tab-separated files."""
    text = (ROWS / f"{name}.tsv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def reply(row: Row, lang: str, style: dict[tuple[str, str], Row]) -> str:
    """The answer that the shop's house style wants for a message."""
    wanted = style[lang, row["intent"]]
    middle = wanted["reply about a thing" if row["about"] else "reply without one"]
    return FRAME[lang].format(middle.format(about=row["about"]))


def split(name: str, style: dict[tuple[str, str], Row], rng: random.Random) -> list[Row]:
    """One split as sheet rows: the training rows shuffled, the held-out ones in turn by language.

    In turn, so that any first part of the held-out file has both languages in it.
    """
    rows = [
        {
            "Message": row["message"],
            "Intent": row["intent"],
            "Reply": reply(row, lang, style),
            "Lang": lang,
            "Channel": row["channel"],
        }
        for lang in ("en", "zh")
        for row in table(f"{name}-{lang}")
    ]
    rng.shuffle(rows)
    if name != "held-out":
        return rows
    zh = iter([row for row in rows if row["Lang"] == "zh"])
    en = [row for row in rows if row["Lang"] == "en"]
    return [row for first in en for row in (first, next(zh, None)) if row]


def damaged(row: Row, style: dict[tuple[str, str], Row]) -> Row:
    """A row of faulty.tsv as it stands in the sheet."""
    message = row["message"].format(key=FAKE_KEY)
    answer = row["reply"] or (reply(row, row["lang"], style) if row["intent"] else "")
    if row["fault"] == "mojibake":
        message = message.encode().decode("gbk" if row["lang"] == "zh" else "cp1252")
    return {
        "Message": message,
        "Intent": row["intent"],
        "Reply": answer,
        "Lang": row["lang"],
        "Channel": row["channel"],
    }


def spoil(
    rows: list[Row], held_out: list[Row], style: dict[tuple[str, str], Row], rng: random.Random
) -> tuple[list[Row], list[dict[str, Any]]]:
    """The sheet with its faults, and the list of them."""
    # Pairs of a row and what is wrong with it; row numbers are known only when all are in.
    sheet: list[tuple[Row, str, str]] = [(dict(row), "", "") for row in rows]
    for variant in VARIANTS:
        label = "billing" if variant == "Billing" else "refund"
        index = rng.choice([i for i, (row, _, _) in enumerate(sheet) if row["Intent"] == label])
        row = {**sheet[index][0], "Intent": variant}
        sheet[index] = (row, "label variant", f"{variant!r} means {label!r}")
    clean = [row for row, fault, _ in sheet if not fault]
    copies = rng.sample([row for row in clean if row["Lang"] == "en"], 4)
    copies += rng.sample([row for row in clean if row["Lang"] == "zh"], 1)
    # Below their originals, so that "same as row N" looks back.
    for row in copies:
        first = next(i for i, (other, _, _) in enumerate(sheet) if other is row)
        sheet.insert(rng.randint(first + 1, len(sheet)), (row, "exact duplicate", ""))
    for row in table("faulty"):
        place = rng.randint(20, len(sheet) - 1)
        sheet.insert(place, (damaged(row, style), row["fault"], row["note"]))
    leak = rng.choice([row for row in held_out if row["Lang"] == "en" and len(row["Message"]) > 60])
    sheet.insert(rng.randint(20, len(sheet) - 1), (leak, "train/held-out leak", ""))

    faults: list[dict[str, Any]] = []
    for number, (row, fault, why) in enumerate(sheet, 2):  # row 1 holds the headers
        note = why
        if fault == "exact duplicate":
            first = next(i for i, (other, _, _) in enumerate(sheet, 2) if other is row)
            note = f"same as row {first}"
        elif fault == "train/held-out leak":
            note = f"row {held_out.index(row) + 2} of heldout-gbk.csv"
        if fault:
            faults.append({"file": "support.xlsx", "row": number, "fault": fault, "note": note})
    return [row for row, _, _ in sheet], faults


def write_sheet(path: Path, rows: list[Row]) -> None:
    """Writes the spreadsheet, the same bytes each time."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties(
            {
                "title": "Lumen & Oak: support messages",
                "author": "The evalkit authors",
                "created": dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
            }
        )
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
        page = book.add_worksheet("Messages")
        page.freeze_panes(1, 0)
        page.set_column(0, 0, 70, wrap)
        page.set_column(2, 2, 50, wrap)
        for column, header in enumerate(HEADERS):
            page.write_string(0, column, header, bold)
            for number, row in enumerate(rows, 1):
                if row[header]:
                    page.write_string(number, column, row[header])


def write_csv(path: Path, rows: list[Row]) -> None:
    """Writes what a Chinese Excel saves as CSV: GBK and CRLF."""
    with path.open("w", encoding="gbk", newline="") as file:
        writer = csv.DictWriter(file, HEADERS, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Writes the three files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=ROWS.parents[1] / "suites/support")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    style = {(row["lang"], row["intent"]): row for row in table("house-style")}
    rng = random.Random(options.seed)  # noqa: S311 - a shuffle, no secret
    train, held_out = split("train", style, rng), split("held-out", style, rng)
    sheet, faults = spoil(train, held_out, style, rng)
    options.output.mkdir(parents=True, exist_ok=True)
    write_sheet(options.output / "support.xlsx", sheet)
    write_csv(options.output / "heldout-gbk.csv", held_out)
    text = json.dumps(faults, ensure_ascii=False, indent=2) + "\n"
    (options.output / "faults.json").write_text(text, "utf-8", newline="\n")
    print(f"{len(sheet)} sheet rows ({len(faults)} faulty), {len(held_out)} held-out rows")


if __name__ == "__main__":
    main()
