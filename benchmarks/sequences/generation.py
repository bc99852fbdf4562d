"""Writing on from a prompt: symbols a processor second, beside `transformers` with the same weights.

    python benchmarks/sequences/generation.py                 0.8 M and 10.6 M parameters, 1 and 16 rows (6 CPU minutes)
    python benchmarks/sequences/generation.py --only molecules   sequences drawn without a prompt, in bulk

Both write greedily from the same prompts with the same weights in float32, and must write the same. They take turns, so
that whatever else the machine does slows both; the figure is the best of the rounds. *Sampled* is with noise, at
temperature 1. *At a position* is the time of a symbol behind so long a prompt. *Guessed* is greedy writing with
prompt-lookup speculation; how much that gains depends on how much the text repeats itself. CTranslate2 takes part
where it is installed, greedily; `bfloat16` is our own engine in that type. *Agrees* is the share of symbols that are
those of `transformers`: one symbol that is rounded otherwise changes all that follow.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import pyarrow as pa
import torch
from record import record

from fivefold.codecs.sequences import SequenceCodec
from fivefold.families import Autoregressive
from fivefold.generation import ENGINES, Engine, Settings
from fivefold.nets.choices import Choice
from fivefold.spaces import END, Batch, Space

SIZES = {
    "0.8 M": {"width": 128, "depth": 4, "heads": 2, "hidden": 352},
    "10.6 M": {"width": 384, "depth": 6, "heads": 6, "hidden": 1024},
}
CONTEXT, SYMBOLS, ROUNDS = 1_088, 128, 4
POSITIONS = (64, 128, 256, 512, 1_024)
GREEDY = Choice(temperature=0.0)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=("prompts", "molecules"))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.only != "molecules":
        found = {name: beside(config, asked.seed) for name, config in SIZES.items()}
        record("generation", found, data="random weights, random prompts", seed=asked.seed)
    if asked.only != "prompts":
        record("drawing", molecules(asked.seed), data="random weights", seed=asked.seed)


def beside(config: dict[str, Any], seed: int) -> dict[str, Any]:
    """Ours and theirs at one size."""
    family, codec = model(config, seed)
    engine, peer = Engine(family, codec), transformers_model(family)
    found: dict[str, Any] = {"parameters": sum(p.numel() for p in family.parameters())}
    for rows in (1, 16):
        found[f"{rows} rows"] = raced(engine, peer, codec, rows)
        found[f"{rows} rows, other engines"] = others(family, peer, codec, rows)
    guessed = Settings(max_symbols=SYMBOLS, choice=GREEDY, speculate=True)
    plain = Settings(max_symbols=SYMBOLS, choice=GREEDY)
    ahead, behind = best(
        lambda: engine.generate(["row"], guessed), lambda: engine.generate(["row"], plain)
    )
    if ahead[1] != behind[1]:
        raise SystemExit("speculation changed the text")
    found["guessed"] = SYMBOLS / ahead[0]
    found["positions"] = {p: at(engine, p) for p in POSITIONS}
    print(
        "guessed",
        round(found["guessed"]),
        "positions",
        {p: round(v) for p, v in found["positions"].items()},
    )
    return found


def raced(engine: Engine, peer: Any, codec: SequenceCodec, rows: int) -> dict[str, float]:
    """Symbols a processor second of both, greedy and sampled."""
    prompts = [f"row {row:02} begins" for row in range(rows)]
    greedy = Settings(max_symbols=SYMBOLS, choice=GREEDY)
    ours, theirs = best(
        lambda: engine.generate(prompts, greedy),
        lambda: peer_generate(peer, codec, prompts, do_sample=False),
    )
    written, total = torch.tensor([g.symbols for g in ours[1]]), rows * SYMBOLS
    sampled, peers = best(
        lambda: engine.generate(prompts, Settings(max_symbols=SYMBOLS)),
        lambda: peer_generate(peer, codec, prompts, do_sample=True),
    )
    drawn = sum(len(g.symbols) for g in sampled[1]) / sampled[0]
    peer_drawn = sum(map(len, peers[1])) / peers[0]
    found = {
        "ours": total / ours[0],
        "transformers": total / theirs[0],
        "times": theirs[0] / ours[0],
        "ours sampled": drawn,
        "transformers sampled": peer_drawn,
        "times sampled": drawn / peer_drawn,
        "agreement": float((written == torch.tensor(theirs[1])).float().mean()),
    }
    print(f"{rows:3} rows  " + "  ".join(f"{k} {v:,.2f}" for k, v in found.items()))
    return found


def others(
    family: Autoregressive, peer: Any, codec: SequenceCodec, rows: int
) -> dict[str, dict[str, float]]:
    """Symbols a processor second of engines that are asked for by name, greedy, and how many are as `transformers`'."""
    prompts = [f"row {row:02} begins" for row in range(rows)]
    greedy = Settings(max_symbols=SYMBOLS, choice=GREEDY)
    engines: dict[str, Any] = {"bfloat16": Engine(family, codec, torch.bfloat16)}
    if find_spec("ctranslate2"):
        names = [name for name in ENGINES if name.startswith("ctranslate2")]
        engines |= {name: ENGINES[name](family, codec) for name in names}
    theirs, *ours = best(
        lambda: peer_generate(peer, codec, prompts, do_sample=False),
        *(partial(engine.generate, prompts, greedy) for engine in engines.values()),
    )
    wanted, found = torch.tensor(theirs[1]), {}
    for name, (seconds, written) in zip(engines, ours, strict=True):
        symbols = torch.tensor([g.symbols for g in written])
        found[name] = {
            "symbols": symbols.numel() / seconds,
            "times transformers": theirs[0] / seconds,
            "agrees": float((symbols == wanted).float().mean()),
        }
        print(
            f"{rows:3} rows  {name}  " + "  ".join(f"{k} {v:,.2f}" for k, v in found[name].items())
        )
    return found


def model(config: dict[str, Any], seed: int) -> tuple[Autoregressive, SequenceCodec]:
    """A model with random weights in Llama's layout, and a codec of bytes."""
    torch.manual_seed(seed)
    codec = SequenceCodec(alphabet="bytes", length=CONTEXT).fit(pa.table({"text": ["a text"]}))
    family = Autoregressive(codec.space, qk_norm=False, **config).requires_grad_(False)
    for p in family.parameters():
        if p.dim() == 2:
            torch.nn.init.normal_(p, std=1.5 * p.shape[1] ** -0.5)
    torch.nn.init.zeros_(family.conditionals.head.weight[END])
    return family, codec


def transformers_model(family: Autoregressive) -> Any:
    """The same weights as a `LlamaForCausalLM`."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config, net = family.conditionals.config, family.conditionals.net
    peer = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=family.space.alphabet,
            hidden_size=config["width"],
            intermediate_size=config["hidden"],
            num_hidden_layers=config["depth"],
            num_attention_heads=config["heads"],
            max_position_embeddings=CONTEXT,
            rms_norm_eps=1e-6,
            rope_theta=10_000.0,
            tie_word_embeddings=False,
            bos_token_id=0,
            eos_token_id=0,
            pad_token_id=0,
        )
    ).eval()
    names = {
        "before_attention": "input_layernorm",
        "before_mlp": "post_attention_layernorm",
        "attention.": "self_attn.",
        "mlp.": "mlp.",
        "blocks": "layers",
    }
    state = {}
    for name, tensor in net.state_dict().items():
        for ours, theirs in names.items():
            name = name.replace(ours, theirs)
        for part in ("q", "k", "v", "o", "gate", "up", "down"):
            name = name.replace(f".{part}.weight", f".{part}_proj.weight")
        state[f"model.{name}"] = tensor
    state["model.embed_tokens.weight"] = family.conditionals.embed.weight
    state["lm_head.weight"] = family.conditionals.head.weight
    peer.load_state_dict(state)
    return peer


def peer_generate(
    peer: Any, codec: SequenceCodec, prompts: list[str], *, do_sample: bool
) -> list[list[int]]:
    """What `transformers` writes."""
    c = codec.prompts(prompts)
    length = int(c.discrete.sum(1)[0])
    symbols = c.values.discrete[:, :length]
    found = peer.generate(
        symbols,
        attention_mask=torch.ones_like(symbols),
        max_new_tokens=SYMBOLS,
        do_sample=do_sample,
        top_k=0,
        pad_token_id=0,
    )
    rows = found[:, length:].tolist()
    return [row[: row.index(END)] if END in row else row for row in rows]


def best(*calls: Callable[[], Any]) -> list[tuple[float, Any]]:
    """Least processor seconds of each of several calls that take turns, and what it gave."""
    found = [(float("inf"), call()) for call in calls]
    for _ in range(ROUNDS):
        for i, call in enumerate(calls):
            started = time.process_time()
            given = call()
            found[i] = (min(found[i][0], time.process_time() - started), given)
    return found


def at(engine: Engine, position: int, symbols: int = 32) -> float:
    """Symbols a processor second behind a prompt of this length."""
    prompt = ["x" * (position - 1)]
    more, one = best(
        lambda: engine.generate(prompt, Settings(max_symbols=symbols + 1, choice=GREEDY)),
        lambda: engine.generate(prompt, Settings(max_symbols=1, choice=GREEDY)),
    )
    return symbols / (more[0] - one[0])


def molecules(seed: int) -> dict[str, Any]:
    """Sequences of about 40 symbols of an alphabet of 32, drawn from nothing: data and symbols a processor second."""
    found: dict[str, Any] = {}
    for depth in (2, 4):
        for n in (512, 2_048):
            found[f"{depth} layers, {n} data"] = drawn_in_bulk(depth, n, seed)
    return found


def drawn_in_bulk(depth: int, n: int, seed: int) -> dict[str, float]:
    """The figures of one size."""
    torch.manual_seed(seed)
    family = Autoregressive(Space.sequence(32, 60), width=128, depth=depth)
    torch.nn.init.normal_(family.conditionals.head.weight, std=0.01)

    def call() -> Batch:
        return family.sample(n, generator=torch.Generator().manual_seed(seed))

    ((seconds, x),) = best(call)
    symbols = float(x.mask.sum()) - n
    found = {"data": n / seconds, "symbols": symbols / seconds, "mean length": symbols / n}
    print(f"{depth} layers, {n} data: ", "  ".join(f"{k} {v:,.0f}" for k, v in found.items()))
    return found


if __name__ == "__main__":
    main()
