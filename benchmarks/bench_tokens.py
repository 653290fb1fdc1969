# SPDX-License-Identifier: Apache-2.0
"""Counting tokens: evalkit against tiktoken, in one run, on text of real data sets.

    python benchmarks/bench_tokens.py [MEGABYTES]

Every figure is CPU time of a fresh process on texts that it has not seen (a linter reads each text
once; warm caches flatter). Loading the ranks is not counted, nor is it for tiktoken. The peers:
`tiktoken` is the loop of `encode(text, disallowed_special=())` that the cookbook's scripts run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
ENGINES = ("tiktoken", "evalkit", "evalkit without toktok-rs")
TARGETS = {"cl100k_base": 2.5, "o200k_base": 2.0}  # times tiktoken
ROUNDS = 3


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def texts_of(megabytes: float) -> list[str]:
    """Distinct texts of 20 to 50,000 characters, English and Chinese in turn, up to a size."""
    found: dict[str, None] = {}
    for path in sorted(SHARED.rglob("*.json*")):
        for line in path.read_bytes().split(b"\n"):
            try:
                value = json.loads(line)
            except ValueError:
                continue
            found.update((s, None) for s in _strings(value) if 20 <= len(s) <= 50_000)
    plain = [text for text in found if text.isascii()]
    other = [text for text in found if not text.isascii()]
    texts: list[str] = []
    size = 0
    for pair in zip(plain, other, strict=False):
        for text in pair:
            texts.append(text)
            size += len(text.encode("utf-8", "replace"))
        if size > megabytes * 1e6:
            break
    return texts


def measure(engine: str, encoding: str, megabytes: float) -> None:
    """In a process of its own: CPU seconds, bytes and tokens as JSON."""
    texts = texts_of(megabytes)
    if engine == "evalkit without toktok-rs":
        sys.modules["toktok"] = None  # type: ignore[assignment]
    from evalkit.tokens import _tiktoken
    from evalkit.tokens.encodings import count

    if engine == "tiktoken":
        encode = _tiktoken.encoding_named(encoding).encode
        start = time.process_time()
        counts = [len(encode(text, disallowed_special=())) for text in texts]
    else:
        count(["é"], encoding)  # loads
        start = time.process_time()
        counts = count(texts, encoding)
    seconds = time.process_time() - start
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    print(json.dumps({"seconds": seconds, "bytes": size, "tokens": sum(counts)}))


def blanks(encoding: str) -> None:
    """Four million blanks before a letter: tiktoken raises there."""
    from evalkit.tokens import _tiktoken
    from evalkit.tokens.encodings import count

    count(["é"], encoding)
    text = " " * 4_000_000 + "x"
    for name, counting in (("evalkit", count), ("without toktok-rs", _tiktoken.count)):
        start = time.process_time()
        tokens = counting([text], encoding)[0]
        print(f"  4 million blanks, {name}: {tokens:,} tokens, {time.process_time() - start:.2f} s")


def main(megabytes: float) -> int:
    """Print the table; 1 if a target is missed or counts differ."""
    bad = 0
    for encoding, wanted in TARGETS.items():
        best: dict[str, dict[str, float]] = {}
        for _ in range(ROUNDS):
            for engine in ENGINES:
                command = [sys.executable, __file__, "--measure", engine, encoding, str(megabytes)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                got = json.loads(done.stdout)
                if engine not in best or got["seconds"] < best[engine]["seconds"]:
                    best[engine] = got
        base = best["tiktoken"]
        print(f"{encoding}: {base['bytes'] / 1e6:.1f} MB, {base['tokens']:,} tokens")
        for engine, got in best.items():
            rate = got["bytes"] / got["seconds"] / 1e6
            print(f"  {engine}: {rate:.1f} MB/s, {base['seconds'] / got['seconds']:.2f}x")
            bad |= got["tokens"] != base["tokens"]
        bad |= base["seconds"] / best["evalkit"]["seconds"] < wanted
        print(f"  wanted: {wanted}x")
        blanks(encoding)
    return int(bad)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], sys.argv[3], float(sys.argv[4]))
        raise SystemExit
    if not SHARED.is_dir():
        raise SystemExit("the shared data sets are not beside this checkout")
    raise SystemExit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10))
