# SPDX-License-Identifier: Apache-2.0
"""The model: loaded from its GGUF file, with an adapter on its last layers."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.jobs.training.encode import Encoder
from evalkit.jobs.training.faults import TrainingError
from evalkit.jobs.training.settings import Settings

if TYPE_CHECKING:
    import torch

    from evalkit.jobs.training.packing import Pack

__all__ = ["MODULES", "Network", "load"]

# Linear layers of a Llama, and what llama.cpp calls them.
MODULES: Mapping[str, str] = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_ARCHITECTURE = "llama"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A model that is being trained.

    Attributes:
        model: With its adapter; peft's.
        encoder: Of its tokenizer.
        frozen: How many layers lie below the adapted ones: what they say never changes.
        device: Where it lies.
        bfloat16: Whether it is computed in bfloat16.
        alpha: Of the adapter.
    """

    model: Any
    encoder: Encoder
    frozen: int
    device: str
    bfloat16: bool
    alpha: int

    @property
    def weights(self) -> dict[str, torch.nn.Parameter]:
        """What is trained, by name."""
        return {n: p for n, p in self.model.named_parameters() if p.requires_grad}

    def below(self, pack: Pack) -> torch.Tensor:
        """What the frozen layers say to a pack; shape (length, width)."""
        import torch

        decoder = self.model.base_model.model.model
        with torch.no_grad(), self._precision():
            hidden = decoder.embed_tokens(pack.tokens)
            return self._through(0, self.frozen, hidden, pack)[0]

    def above(self, hidden: torch.Tensor, pack: Pack) -> torch.Tensor:
        """What the adapted layers make of it, at the places that are learned.

        Args:
            hidden: Shape (length, width).
            pack: The tokens that it is of.

        Returns:
            Shape (learned, width), ready for `logits`.
        """
        model = self.model.base_model.model
        with self._precision():
            end = len(model.model.layers)
            said = self._through(self.frozen, end, hidden[None], pack)[0, pack.inputs]
            normed: torch.Tensor = model.model.norm(said)
            return normed

    def logits(self, said: torch.Tensor) -> torch.Tensor:
        """Of the next token; shape (learned, vocabulary), in float32."""
        with self._precision():
            found: torch.Tensor = self.model.base_model.model.lm_head(said)
            return found.float()

    def _through(self, start: int, stop: int, hidden: Any, pack: Pack) -> Any:
        decoder = self.model.base_model.model.model
        rotary = decoder.rotary_emb(hidden, pack.positions)
        for layer in decoder.layers[start:stop]:
            hidden = layer(
                hidden,
                attention_mask=pack.mask,
                position_ids=pack.positions,
                position_embeddings=rotary,
            )
            if isinstance(hidden, tuple):  # transformers before 4.54
                hidden = hidden[0]
        return hidden

    @contextmanager
    def _precision(self) -> Iterator[None]:
        import torch

        kind = self.device.partition(":")[0]
        with torch.autocast(kind, dtype=torch.bfloat16, enabled=self.bfloat16):
            yield


def load(weights: Path, settings: Settings) -> Network:
    """Load a model and lay a fresh adapter on it; takes some seconds.

    On the CPU the same settings give the same bits: what torch draws comes from the seed.

    Raises:
        TrainingError: The file is no model that can be trained here.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    _fit(weights)
    torch.set_num_threads(settings.threads)
    device = settings.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        torch.use_deterministic_algorithms(mode=True)
    bfloat16 = _fast_bfloat16(device)
    tokenizer, model = _read(weights)
    layers = model.config.num_hidden_layers
    adapted = min(settings.layers, layers)
    torch.manual_seed(settings.seed)
    lora = LoraConfig(
        r=settings.rank,
        lora_alpha=2 * settings.rank,
        target_modules=[name.partition(".")[2] for name in MODULES],
        layers_to_transform=list(range(layers))[-adapted:],
    )
    with warnings.catch_warnings():  # the two packages' own, about each other's names
        warnings.simplefilter("ignore", FutureWarning)
        with_adapter = get_peft_model(model, lora).to(device)
    return Network(
        model=with_adapter,
        encoder=_encoder(tokenizer),
        frozen=layers - adapted,
        device=device,
        bfloat16=bfloat16,
        alpha=2 * settings.rank,
    )


def _fit(weights: Path) -> None:
    """Whether it is a model of the architecture that the adapter's names are of."""
    from gguf import GGUFReader

    try:
        field = GGUFReader(weights).get_field("general.architecture")
        found = str(field.contents()) if field is not None else "unknown"
    except (OSError, ValueError, IndexError) as error:
        raise TrainingError(
            "invalid_model", f"{weights.name} is no GGUF file that can be read", "model"
        ) from error
    if found != _ARCHITECTURE:
        raise TrainingError(
            "invalid_model",
            f"{weights.name} is a model of the architecture {found}; only {_ARCHITECTURE} models "
            "can be trained here",
            "model",
        )


def _read(weights: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    where = {"gguf_file": weights.name}
    tokenizer = AutoTokenizer.from_pretrained(weights.parent, **where)
    model = AutoModelForCausalLM.from_pretrained(
        weights.parent, dtype=torch.float32, attn_implementation="sdpa", **where
    )
    return tokenizer, model


def _encoder(tokenizer: Any) -> Encoder:
    def render(messages: Sequence[dict[str, str]], *, opened: bool) -> str:
        text: str = tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=opened
        )
        return text

    def tokens(text: str) -> list[int]:
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])

    return Encoder(render=render, tokens=tokens, end=str(tokenizer.eos_token or ""))


def _fast_bfloat16(device: str) -> bool:
    """Whether bfloat16 is faster there than float32: only where the hardware has it."""
    import torch

    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    if device != "cpu" or sys.platform == "darwin":
        return False
    asked = (getattr(torch.cpu, name, None) for name in _BFLOAT16)
    return any(bool(has()) for has in asked if has is not None)


_BFLOAT16 = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # private names of torch.cpu
