"""XLSX with openpyxl in its read-only mode: rows only, or chat JSONL where a target is given.

python openpyxl_rows.py SOURCE [TARGET]
"""

import json
import sys
from pathlib import Path

from openpyxl import load_workbook


def main() -> None:
    source, *target = sys.argv[1:]
    rows = load_workbook(source, read_only=True).worksheets[0].iter_rows(values_only=True)
    if not target:
        print(sum(1 for _ in rows))
        return
    header = next(rows)
    user, assistant = header.index("prompt"), header.index("completion")
    with Path(target[0]).open("w", encoding="utf-8", newline="\n") as out:
        for row in rows:
            messages = [
                {"role": "user", "content": str(row[user])},
                {"role": "assistant", "content": str(row[assistant])},
            ]
            out.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
