# SPDX-License-Identifier: Apache-2.0
"""The adapter as a file that llama.cpp reads, written whole and looked at before it is called good.

The layout is that of llama.cpp's convert_lora_to_gguf.py (read 2026-11): general.type = adapter,
adapter.type = lora, A as (rank, in) and B as (out, rank), B of the query and key projections
permuted, since llama.cpp pairs neighbours where transformers pairs halves (rotary positions).
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.core.atomic import atomic
from evalkit.core.errors import EvalkitError
from evalkit.jobs.training.faults import TrainingError
from evalkit.jobs.training.network import MODULES, Network

if TYPE_CHECKING:
    import numpy as np

__all__ = ["permuted", "tried", "write_adapter"]

_NAME = "evalkit adapter"


def write_adapter(path: Path, network: Network) -> None:
    """Write the adapter as it stands, whole or not at all; the same weights give the same bytes.

    Raises:
        TrainingError: What was written does not read back as it should.
    """
    import gguf
    import torch

    config = network.model.config
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    with tempfile.TemporaryDirectory(prefix="evalkit-") as folder:
        draft = Path(folder) / "adapter.gguf"
        writer = gguf.GGUFWriter(draft, "llama")
        writer.add_type("adapter")
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", float(network.alpha))
        writer.add_name(_NAME)
        count = 0
        for name, value in sorted(network.weights.items()):
            layer, _, rest = name.partition(".layers.")[2].partition(".")
            module, _, side = rest.partition(".lora_")
            called = MODULES[module]
            data = value.detach().to("cpu", torch.float32).numpy()
            if side.startswith("B") and called in heads:
                data = permuted(data, heads[called])
            half = data.astype("float16")
            writer.add_tensor(f"blk.{layer}.{called}.weight.lora_{side[0].lower()}", half)
            count += 1
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        _read_back(draft, count)
        with atomic(path) as stream:
            stream.write(draft.read_bytes())


def permuted(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rows of a projection in llama.cpp's order.

    Args:
        weight: Shape (out, rank), each head's rows in two halves.
        heads: How many; `out` is a multiple of twice that.

    Returns:
        Shape (out, rank): the halves' rows in turn.
    """
    import numpy as np

    out, rank = weight.shape
    halves = weight.reshape(heads, 2, out // heads // 2, rank)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(out, rank))


def tried(adapter: Path, weights: Path) -> None:
    """Load model and adapter as they will be served, where the engine is installed.

    Raises:
        TrainingError: It does not load.
    """
    from evalkit.models._engine import engine, engine_version

    if engine_version() is None:
        return

    def start() -> None:
        import asyncio

        with engine(weights, context=256) as shared:
            shared.add(adapter)
            asyncio.run(shared.running())

    try:  # in a thread of its own: the caller may have an event loop
        with ThreadPoolExecutor(1) as pool:
            pool.submit(start).result()
    except EvalkitError as error:
        raise _broken(error.message) from error


def _read_back(path: Path, count: int) -> None:
    import numpy as np
    from gguf import GGUFReader

    tensors = GGUFReader(path).tensors
    if len(tensors) != count:
        raise _broken(f"it holds {len(tensors)} of {count} tensors")
    if not all(np.isfinite(tensor.data).all() for tensor in tensors):
        raise _broken("it holds numbers that are none; try a smaller learning_rate_multiplier")


def _broken(why: str) -> TrainingError:
    return TrainingError("adapter_not_usable", f"the adapter cannot be used: {why}")
