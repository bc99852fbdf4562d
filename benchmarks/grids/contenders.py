"""Who draws digits: our five families and reference implementations of the same kinds."""

from __future__ import annotations

from dataclasses import dataclass

FAMILIES = ("variational", "adversarial", "diffusion", "flow", "autoregressive")


@dataclass(frozen=True)
class Contender:
    """A generator of pictures.

    Arguments:
        name: its key: the result is `results/<name>.json`; of a peer, the module in `peers/`.
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
        """Whether it is one of our families."""
        return self.maker == "fivefold"


CONTENDERS = (
    *(Contender(f"fivefold_{family}", "fivefold", "fivefold", family) for family in FAMILIES),
    Contender("vae", "VAE", "pythae", "variational"),
    Contender(
        "vae_mixture",
        "VAE, mixture prior",
        "pythae",
        "variational",
        "the VAE with pythae's own mixture of 10 Gaussians, fitted within the budget's last 15%",
    ),
    Contender("dcgan", "DCGAN", "torchgan", "adversarial", "32 x 32, cut to 28 x 28"),
    Contender(
        "ddpm",
        "DDPM",
        "denoising-diffusion-pytorch",
        "diffusion",
        "drawn in 50 steps of DDIM with averaged weights",
    ),
    Contender(
        "flow_matching_unet",
        "flow matching",
        "flow_matching",
        "diffusion",
        "with the U-Net of denoising-diffusion-pytorch, drawn in 25 midpoint steps",
    ),
    Contender("maf", "MAF", "zuko", "flow"),
    Contender("glow", "Glow", "normflows", "flow"),
    Contender(
        "vqvae",
        "VQ-VAE + PixelCNN",
        "pythae",
        "autoregressive",
        "half of the budget each; small convolutions in place of pythae's own nets",
    ),
)


def chosen(only: str | None) -> list[Contender]:
    """The contenders that a comma-separated list names, or `ours`, `peers`; all of them without one.

    Raises:
        SystemExit: where a name is unknown.
    """
    if only is None:
        return list(CONTENDERS)
    wanted = {word.strip() for word in only.split(",") if word.strip()}
    known = {c.name for c in CONTENDERS} | {"ours", "peers"}
    if unknown := wanted - known:
        raise SystemExit(
            f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}"
        )
    return [c for c in CONTENDERS if {c.name, "ours" if c.ours else "peers"} & wanted]
