"""CSV to chat JSONL as a notebook does it: pandas in chunks, json.dumps for each row.

python pandas_csv.py SOURCE TARGET
"""

import json
import sys
from pathlib import Path

import pandas as pd


def main() -> None:
    source, target = sys.argv[1:]
    chunks = pd.read_csv(source, chunksize=10_000, dtype=str, keep_default_na=False)
    with Path(target).open("w", encoding="utf-8", newline="\n") as out:
        for chunk in chunks:
            for prompt, completion in zip(chunk["prompt"], chunk["completion"], strict=True):
                row = {
                    "messages": [
                        {"role": "user", "content": prompt},
                        {"role": "assistant", "content": completion},
                    ]
                }
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
