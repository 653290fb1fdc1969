# SPDX-License-Identifier: Apache-2.0
"""Trains the demo's adapter with evalkit's own trainer, and writes down how.

    python tools/train_demo_adapter.py train.jsonl [more.jsonl] -o suites/support/tuned.gguf

Needs the extra `train` (`evalkit doctor` names the line that installs it) and the local model
(`evalkit local setup`). Anyone else uses `evalkit job submit --target local`; this script trains on
several files at once and on chosen rows of them. A log goes beside the adapter: training-log.json.
"""

import argparse
import hashlib
import importlib.metadata
import json
import platform
import time
from pathlib import Path

from evalkit.core.atomic import atomic, write_text
from evalkit.jobs.training.needs import PACKAGES, check
from evalkit.jobs.training.quick import train_bytes


def sha256(path: Path) -> str:
    """Of the file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def chosen(paths: list[Path], where: str) -> bytes:
    """Rows of all files, those with FIELD=VALUE only, as one chat JSONL without other keys."""
    key, _, wanted = where.partition("=")
    values = [
        json.loads(line) for path in paths for line in path.read_text("utf-8").split("\n") if line
    ]
    kept = [
        {"messages": value["messages"]}
        for value in values
        if not key or {**value.get("metadata", {}), **value}[key] == wanted
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept).encode()


def main() -> None:
    """Trains and writes the adapter and its log."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", nargs="+", type=Path, help="chat JSONL")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the adapter, .gguf")
    parser.add_argument("--where", default="", metavar="FIELD=VALUE", help="train on these rows")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--layers", type=int, default=8, help="adapt the last N")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    base = check("smollm2")
    rows = chosen(options.data, options.where)
    asked = {
        "n_epochs": options.epochs,
        "batch_size": options.batch,
        "layers": options.layers,
        "rank": options.rank,
    }
    started = time.process_time()
    trained = train_bytes(
        rows,
        hyperparameters=asked,
        seed=options.seed,
        report=lambda row: print(f"step {row['step']}  loss {row['train_loss']:.4f}", flush=True),
    )
    if trained is None:
        raise SystemExit("it was stopped")
    seconds = time.process_time() - started
    with atomic(options.output) as stream:
        stream.write(trained.adapter)
    log = {
        "base": {"file": base.name, "sha256": sha256(base)},
        "data": [
            {"file": path.name, "rows": path.read_bytes().count(b"\n"), "sha256": sha256(path)}
            for path in options.data
        ],
        "rows": rows.count(b"\n"),
        "options": {"where": options.where, "seed": options.seed, **trained.hyperparameters},
        "steps": len(trained.rows),
        "loss": [
            {"step": row["step"], "loss": round(row["train_loss"], 4)}
            for row in trained.rows
            if row["step"] % 10 == 0 or row["step"] == len(trained.rows)
        ],
        "cpu_seconds": round(seconds, 1),
        "adapter": {"bytes": len(trained.adapter), "sha256": sha256(options.output)},
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in PACKAGES},
    }
    write_text(options.output.with_name("training-log.json"), json.dumps(log, indent=2) + "\n")
    print(f"{seconds:.0f} CPU seconds, {len(trained.adapter):,} bytes")


if __name__ == "__main__":
    main()
