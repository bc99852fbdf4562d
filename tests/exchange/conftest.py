"""Small language models with weights that are not zero."""

import pyarrow as pa
import pytest
import torch

from fivefold.codecs.text import TextCodec
from fivefold.families import Autoregressive

TEXT = "Full fathom five thy father lies; of his bones are coral made: 1234 ÄÖ 是。\n"


@pytest.fixture
def made():
    """A model of some layout over an alphabet of some name, and its codec."""

    def make(alphabet: str = "bytes", **config) -> tuple[Autoregressive, TextCodec]:
        symbols = 300 if alphabet == "bpe" else None
        codec = TextCodec(alphabet=alphabet, symbols=symbols, length=64)
        codec.fit(pa.table({"text": [TEXT * 20, TEXT[:30]]}))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            chosen = {"width": 64, "depth": 2, "heads": 2, "groups": 1, "hidden": 96, **config}
            family = Autoregressive(codec.space, **chosen)
            with torch.no_grad():
                for weight in family.parameters():
                    weight.add_(torch.randn_like(weight) * 0.1)
        return family.requires_grad_(False).eval(), codec

    return make
