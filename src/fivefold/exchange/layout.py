"""The layouts that the world's language models are written in, and ours, side by side.

Llama and Qwen3 are one Transformer but for the norms of queries and keys. Three spellings of it are known here: ours,
that of Hugging Face folders, and that of GGUF files. In GGUF files of Llama the rows of queries and keys stand in
another order (rotary pairs are neighbours there, halves here); Qwen3's stand as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from fivefold.errors import InputError

Architecture = Literal["llama", "qwen3"]
CLASSES: dict[Architecture, str] = {"llama": "LlamaForCausalLM", "qwen3": "Qwen3ForCausalLM"}

WHOLE = (
    ("embed.weight", "model.embed_tokens.weight", "token_embd.weight"),
    ("net.norm.weight", "model.norm.weight", "output_norm.weight"),
)
HEAD = ("head.weight", "lm_head.weight", "output.weight")
BLOCK = (
    ("before_attention.weight", "input_layernorm.weight", "attn_norm.weight"),
    ("attention.q.weight", "self_attn.q_proj.weight", "attn_q.weight"),
    ("attention.k.weight", "self_attn.k_proj.weight", "attn_k.weight"),
    ("attention.v.weight", "self_attn.v_proj.weight", "attn_v.weight"),
    ("attention.o.weight", "self_attn.o_proj.weight", "attn_output.weight"),
    ("before_mlp.weight", "post_attention_layernorm.weight", "ffn_norm.weight"),
    ("mlp.gate.weight", "mlp.gate_proj.weight", "ffn_gate.weight"),
    ("mlp.up.weight", "mlp.up_proj.weight", "ffn_up.weight"),
    ("mlp.down.weight", "mlp.down_proj.weight", "ffn_down.weight"),
)
NORMS = (
    ("attention.q_norm.weight", "self_attn.q_norm.weight", "attn_q_norm.weight"),
    ("attention.k_norm.weight", "self_attn.k_norm.weight", "attn_k_norm.weight"),
)
LIMITS = {"width": 65_536, "depth": 1_024, "heads": 1_024, "groups": 1_024, "hidden": 1 << 20,
          "head": 4_096, "alphabet": 1 << 22, "length": 1 << 24}  # fmt: skip
MOST_PARAMETERS = 2e12


@dataclass(frozen=True)
class Layout:
    """The shape of a language model.

    Arguments:
        architecture: `llama`, or `qwen3` where queries and keys are normalised.
        alphabet: the number of symbols V.
        length: the longest context.
        width: the size d of a state.
        depth: the number of blocks.
        heads: query heads.
        groups: key-value heads.
        hidden: the inner size of the perceptron.
        head: the size of a head.
        theta: the base of the rotary wave lengths.
        epsilon: of the norms.
        tied: whether the head shares the embedding's weights.
    """

    architecture: Architecture
    alphabet: int
    length: int
    width: int
    depth: int
    heads: int
    groups: int
    hidden: int
    head: int
    theta: float
    epsilon: float
    tied: bool

    def __post_init__(self) -> None:
        for name, most in LIMITS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                self._refuse(f"{name} is {value!r}, not a whole number from 1 to {most:,}")
        for name in ("theta", "epsilon"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 < value < 1e12:
                self._refuse(f"{name} is {value!r}, not a positive number")
        if self.heads % self.groups:
            self._refuse(f"{self.heads} query heads cannot share {self.groups} key-value heads")
        if self.head % 2:
            self._refuse(f"a head of {self.head} cannot be turned in pairs")
        if self.parameters > MOST_PARAMETERS:
            self._refuse(f"it would have {self.parameters:.2g} parameters")

    @property
    def parameters(self) -> int:
        """The number of parameters."""
        attention = 2 * self.width * self.head * (self.heads + self.groups)
        block = attention + 3 * self.width * self.hidden + 2 * self.width
        return self.alphabet * self.width * (2 - self.tied) + self.depth * block + self.width

    @classmethod
    def from_hf(cls, config: Mapping[str, Any]) -> Self:
        """The layout that a Hugging Face `config.json` describes.

        Raises:
            InputError: where it is another architecture, uses what is not known here, or makes no sense.
        """
        kinds = {name: kind for kind, name in CLASSES.items()}
        named = config.get("architectures") or [None]
        kind = named[0] if isinstance(named, list) else None
        if kind not in kinds:
            cls._refuse(f"the architecture is {kind!r}; {', '.join(kinds)} can be read")
        for option in ("attention_bias", "mlp_bias", "use_sliding_window"):
            if config.get(option):
                cls._refuse(f"it uses {option}, which is not known here")
        if config.get("hidden_act", "silu") != "silu":
            cls._refuse(f"its activation is {config['hidden_act']!r}, not silu")
        rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
        turned = rope.get("rope_type", rope.get("type", "default"))
        if turned != "default":
            cls._refuse(f"its rotary positions are scaled ({turned}), which is not known here")
        try:
            width, heads = config["hidden_size"], config["num_attention_heads"]
            return cls(
                architecture=kinds[kind],
                alphabet=config["vocab_size"],
                length=config["max_position_embeddings"],
                width=width,
                depth=config["num_hidden_layers"],
                heads=heads,
                groups=config.get("num_key_value_heads") or heads,
                hidden=config["intermediate_size"],
                head=config.get("head_dim") or width // heads,
                theta=float(rope.get("rope_theta", config.get("rope_theta", 10_000.0))),
                epsilon=float(config.get("rms_norm_eps", 1e-6)),
                tied=bool(config.get("tie_word_embeddings", False)),
            )
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            cls._refuse(f"its config.json lacks or garbles {error}")

    def to_hf(self) -> dict[str, Any]:
        """A Hugging Face `config.json`."""
        return {
            "architectures": [CLASSES[self.architecture]],
            "model_type": self.architecture,
            "vocab_size": self.alphabet,
            "max_position_embeddings": self.length,
            "hidden_size": self.width,
            "num_hidden_layers": self.depth,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.groups,
            "intermediate_size": self.hidden,
            "head_dim": self.head,
            "rope_theta": self.theta,
            "rope_parameters": {"rope_type": "default", "rope_theta": self.theta},
            "rms_norm_eps": self.epsilon,
            "tie_word_embeddings": self.tied,
            "hidden_act": "silu",
            "attention_bias": False,
            "attention_dropout": 0.0,
            "mlp_bias": False,
            "use_cache": True,
            "initializer_range": 0.02,
            "dtype": "float32",
        }

    @classmethod
    def from_gguf(cls, metadata: Mapping[str, Any], *, tied: bool) -> Self:
        """The layout that the keys of a GGUF file describe.

        Raises:
            InputError: where it is another architecture, lacks a key, or makes no sense.
        """
        named = metadata.get("general.architecture")
        kind = next((known for known in CLASSES if known == named), None)
        if kind is None:
            cls._refuse(f"the architecture is {named!r}; {', '.join(CLASSES)} can be read")
        if metadata.get(f"{kind}.rope.scaling.type", "none") != "none":
            cls._refuse("its rotary positions are scaled, which is not known here")
        try:
            width, heads = (
                metadata[f"{kind}.{n}"] for n in ("embedding_length", "attention.head_count")
            )
            return cls(
                architecture=kind,
                alphabet=len(metadata["tokenizer.ggml.tokens"]),
                length=metadata[f"{kind}.context_length"],
                width=width,
                depth=metadata[f"{kind}.block_count"],
                heads=heads,
                groups=metadata.get(f"{kind}.attention.head_count_kv", heads),
                hidden=metadata[f"{kind}.feed_forward_length"],
                head=metadata.get(f"{kind}.attention.key_length") or width // heads,
                theta=float(metadata.get(f"{kind}.rope.freq_base", 10_000.0)),
                epsilon=float(metadata[f"{kind}.attention.layer_norm_rms_epsilon"]),
                tied=tied,
            )
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            cls._refuse(f"its keys lack or garble {error}")

    def names(self) -> Iterator[tuple[str, str, str]]:
        """Each weight's name: ours, Hugging Face's, GGUF's."""
        yield from WHOLE
        if not self.tied:
            yield HEAD
        inner = BLOCK + (NORMS if self.architecture == "qwen3" else ())
        for i in range(self.depth):
            for ours, face, file in inner:
                yield f"net.blocks.{i}.{ours}", f"model.layers.{i}.{face}", f"blk.{i}.{file}"

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a weight by our name."""
        last = name.removesuffix(".weight").rpartition(".")[2]
        inner = {
            "q": (self.heads * self.head, self.width),
            "k": (self.groups * self.head, self.width),
            "v": (self.groups * self.head, self.width),
            "o": (self.width, self.heads * self.head),
            "gate": (self.hidden, self.width),
            "up": (self.hidden, self.width),
            "down": (self.width, self.hidden),
            "embed": (self.alphabet, self.width),
            "head": (self.alphabet, self.width),
            "q_norm": (self.head,),
            "k_norm": (self.head,),
        }
        return inner.get(last, (self.width,))

    def heads_of(self, name: str) -> int:
        """How many heads' rows a GGUF file has in neighbouring pairs; 0 where a weight stands as it is."""
        if self.architecture != "llama":
            return 0
        return {"q": self.heads, "k": self.groups}.get(name.split(".")[-2], 0)

    @staticmethod
    def _refuse(what: str) -> NoReturn:
        raise InputError(
            f"this model cannot be read: {what}",
            hint="models in the layout of Llama and Qwen3 can",
            code="unknown-layout",
        )


def halved(weight: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of neighbouring rotary pairs (GGUF's Llama) in halves (ours).

    Example:
        >>> halved(np.arange(4.0)[:, None], heads=1)[:, 0].tolist()
        [0.0, 2.0, 1.0, 3.0]
    """
    rows, columns = weight.shape
    pairs = weight.reshape(heads, rows // heads // 2, 2, columns)
    return pairs.swapaxes(1, 2).reshape(rows, columns)


def paired(weight: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows in halves (ours) as neighbouring rotary pairs (GGUF's Llama): the inverse of `halved`.

    Example:
        >>> paired(halved(np.arange(8.0)[:, None], heads=2), heads=2)[:, 0].tolist()
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """
    rows, columns = weight.shape
    halves = weight.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)
