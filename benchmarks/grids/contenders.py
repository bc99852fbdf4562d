"""Who takes part in which task: our five families and reference implementations of the same kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FAMILIES = ("variational", "adversarial", "diffusion", "flow", "autoregressive")
PRINCIPLES = (*FAMILIES, "bootstrap")


@dataclass(frozen=True)
class Contender:
    """A generator of pictures, series or tracks.

    Arguments:
        name: its key: the result is `results/<task>/<name>.json`; of a peer, the module in `peers/`.
        title: its name for people.
        maker: the package that it comes from.
        principle: the family that it belongs to.
        note: what must be known of it, in words.
    """

    name: str
    title: str
    maker: str
    principle: str
    note: str = ""

    @property
    def ours(self) -> bool:
        """Whether fivefold runs it."""
        return self.maker == "fivefold"


OURS = tuple(
    Contender(f"fivefold_{family}", "fivefold", "fivefold", family) for family in FAMILIES
)
VAE = Contender("vae", "VAE", "pythae", "variational")
DDPM = Contender(
    "ddpm",
    "DDPM",
    "denoising-diffusion-pytorch",
    "diffusion",
    "drawn in 50 steps of DDIM with averaged weights",
)
GLOW = Contender("glow", "Glow", "normflows", "flow")

DIGITS = (
    *OURS,
    VAE,
    Contender(
        "vae_mixture",
        "VAE, mixture prior",
        "pythae",
        "variational",
        "the VAE with pythae's own mixture of 10 Gaussians, fitted within the budget's last 15%",
    ),
    Contender("dcgan", "DCGAN", "torchgan", "adversarial", "32 x 32, cut to 28 x 28"),
    DDPM,
    Contender(
        "flow_matching_unet",
        "flow matching",
        "flow_matching",
        "diffusion",
        "with the U-Net of denoising-diffusion-pytorch, drawn in 25 midpoint steps",
    ),
    Contender("maf", "MAF", "zuko", "flow"),
    GLOW,
    Contender(
        "vqvae",
        "VQ-VAE + PixelCNN",
        "pythae",
        "autoregressive",
        "half of the budget each; small convolutions in place of pythae's own nets",
    ),
)
EMOJI = (*OURS, VAE, Contender("dcgan", "DCGAN", "torchgan", "adversarial"), DDPM, GLOW)

BOOTSTRAP = Contender(
    "bootstrap",
    "seasonal block bootstrap",
    "fivefold",
    "bootstrap",
    "quarters of training windows that begin alike, put together anew; nothing is trained",
)
PAR = Contender(
    "par",
    "PAR",
    "deepecho",
    "autoregressive",
    "the model behind SDV's PARSynthesizer; given 256 windows at most, since each step is a pass over all; names and "
    "times of what it draws are those of training windows at random",
)
DEEPAR = Contender(
    "deepar",
    "DeepAR",
    "gluonts",
    "autoregressive",
    "forecasts only, each variable by itself, told no calendar but what stood a season before",
)
WEATHER = (*OURS, BOOTSTRAP, PAR, DEEPAR)
TRACKS = (*OURS, BOOTSTRAP, PAR)


def chosen(contenders: Sequence[Contender], only: str | None) -> list[Contender]:
    """The contenders that a comma-separated list names, or `ours`, `peers`; all of them without one.

    Raises:
        SystemExit: where a name is unknown.
    """
    if only is None:
        return list(contenders)
    wanted = {word.strip() for word in only.split(",") if word.strip()}
    known = {c.name for c in contenders} | {"ours", "peers"}
    if unknown := wanted - known:
        raise SystemExit(
            f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}"
        )
    return [c for c in contenders if {c.name, "ours" if c.ours else "peers"} & wanted]
