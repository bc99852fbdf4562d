"""The way of numbers from noise to data: dy = v dphi, solved in few steps.

    Euler                   y <- y - h v_k
    Adams and Bashforth     y <- y - h (v_k + h / (2 h') (v_k - v_{k-1})),    h' the step before

Either is exact where v stays as it is along the way, as on N(0, 1) data, whose v is zero. The last step goes to what
the numbers are guessed to be, cos(phi) y - sin(phi) v.

References:
    Karras et al., "Elucidating the design space of diffusion-based generative models", 2022, arXiv:2206.00364.
    Zhang & Chen, "Fast sampling of diffusion models with exponential integrator", ICLR 2023, arXiv:2204.13902 (the
        multistep rules of Adams and Bashforth for diffusion).
"""

from __future__ import annotations

from torch import Tensor


class Path:
    """The way of numbers from noise to data, step by step.

    Arguments:
        angles: phi at each step's start and at the end of the last, with shape (steps + 1,), falling to nearly 0.
        order: 1 for Euler's rule; 2 for Adams and Bashforth's, which takes two velocities.
    """

    def __init__(self, angles: Tensor, order: int) -> None:
        self.angles, self.order, self.step = angles, order, 0
        self.before: Tensor | None = None

    def descend(self, y: Tensor, v: Tensor) -> Tensor:
        """Numbers y (B, D) one step further down, by their velocity v; at the last step what they are guessed to be."""
        here, there = self.angles[self.step], self.angles[self.step + 1]
        self.step += 1
        if self.step == len(self.angles) - 1:
            return here.cos() * y - here.sin() * v
        h, slope = here - there, v
        if self.order == 2 and self.before is not None:
            slope = v + h / (self.angles[self.step - 2] - here) / 2 * (v - self.before)
        self.before = v
        return y - h * slope
