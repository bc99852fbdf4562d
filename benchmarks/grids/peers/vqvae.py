"""pythae's VQ-VAE over 7 x 7 codes, and its PixelCNN over those: half of the time each.

pythae's own nets for MNIST have millions of weights and one code a picture; here its quantiser stands between small
convolutions. Its sampler trains by epochs; here its PixelCNN is trained by the clock.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from pythae.models import VQVAE, VQVAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.models.normalizing_flows import PixelCNN, PixelCNNConfig
from pythae.samplers import PixelCNNSampler, PixelCNNSamplerConfig
from torch import Tensor, nn

from peers.clock import Clock, descend, levels

PACKAGES = ("pythae",)
CODES, WIDTH, DEPTH, BATCH, RATE = 128, 64, 6, 64, 1e-3


class Encoder(BaseEncoder):
    """28 x 28 to 7 x 7."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, WIDTH, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(WIDTH, WIDTH, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(WIDTH, WIDTH // 4, 3, 1, 1),
        )

    def forward(self, x: Tensor) -> ModelOutput:
        """The embedding at each of 49 places."""
        return ModelOutput(embedding=self.net(x))


class Decoder(BaseDecoder):
    """7 x 7 to 28 x 28."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(WIDTH // 4, WIDTH, 3, 1, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(WIDTH, WIDTH, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(WIDTH, 1, 4, 2, 1),
            nn.Sigmoid(),
        )

    def forward(self, z: Tensor) -> ModelOutput:
        """The picture."""
        return ModelOutput(reconstruction=self.net(z))


class Both(NamedTuple):
    """A quantised autoencoder, and what draws its codes."""

    autoencoder: VQVAE
    sampler: PixelCNNSampler


def fit(pictures: Tensor, clock: Clock) -> Both:
    """Train one after the other."""
    config = VQVAEConfig(input_dim=(1, 28, 28), latent_dim=WIDTH // 4, num_embeddings=CODES)
    model = VQVAE(config, Encoder(), Decoder())
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    for batch in clock.batches(pictures, BATCH, 0.5):
        descend(optimiser, model({"data": batch}).loss)
    model.eval()
    sampler = PixelCNNSampler(model, PixelCNNSamplerConfig(n_layers=DEPTH))
    prior = PixelCNN(PixelCNNConfig(input_dim=(1, 7, 7), n_embeddings=CODES, n_layers=DEPTH))
    optimiser = torch.optim.Adam(prior.parameters(), lr=RATE)
    for batch in clock.batches(pictures, BATCH):
        with torch.no_grad():
            found = model({"data": batch}).quantized_indices
        codes = found.reshape(len(batch), 1, 7, 7)
        descend(optimiser, prior({"data": codes.float()}).loss)
    sampler.pixelcnn_model, sampler.is_fitted = prior.eval(), True
    return Both(model, sampler)


@torch.no_grad()
def sample(model: Both, n: int) -> Tensor:
    """n pictures."""
    return levels(model.sampler.sample(n))


def size(model: Both) -> int:
    """The number of the parameters of both."""
    nets = (model.autoencoder, model.sampler.pixelcnn_model)
    return sum(p.numel() for net in nets for p in net.parameters())
