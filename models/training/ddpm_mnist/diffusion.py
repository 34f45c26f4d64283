"""The diffusion of Ho et al. 2020 (DDPM), with the paper's symbols, and the steps of Song et al. 2021 (DDIM)."""

from collections.abc import Callable

import torch
from torch import Tensor

from ddpm_mnist.settings import BETA_END, BETA_START, TIMESTEPS

# (x_t [batch, 1, h, w], timestep) -> predicted noise of the same shape.
Predictor = Callable[[Tensor, int], Tensor]


def linear_betas() -> Tensor:
    """beta_1..beta_T, [1000] float64."""
    return torch.linspace(BETA_START, BETA_END, TIMESTEPS, dtype=torch.float64)


def alphas_cumulative() -> Tensor:
    """alpha-bar: the share of the picture that is left at each timestep, [1000] float64."""
    return torch.cumprod(1 - linear_betas(), dim=0)


def add_noise(picture: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
    """Equation 4: x_t = sqrt(alpha-bar) x_0 + sqrt(1 - alpha-bar) epsilon, [batch, 1, h, w]."""
    share = alphas_cumulative()[timesteps].reshape(-1, 1, 1, 1)
    return share.sqrt().float() * picture + (1 - share).sqrt().float() * noise


def predict_picture(sample: Tensor, noise: Tensor, alpha: float) -> Tensor:
    """x_0 from equation 4, held in -1..1 as in the paper's code."""
    return ((sample - (1 - alpha) ** 0.5 * noise) / alpha**0.5).clamp(-1, 1)


def sample_ddpm(predict: Predictor, start: Tensor, generator: torch.Generator) -> Tensor:
    """Algorithm 2: all 1000 ancestral steps, with the posterior's mean and variance (equations 6 and 7)."""
    betas, cumulative = linear_betas().tolist(), alphas_cumulative().tolist()
    sample = start
    for timestep in reversed(range(TIMESTEPS)):
        alpha, beta = cumulative[timestep], betas[timestep]
        before = cumulative[timestep - 1] if timestep > 0 else 1.0
        picture = predict_picture(sample, predict(sample, timestep), alpha)
        sample = (before**0.5 * beta / (1 - alpha)) * picture + (
            (1 - beta) ** 0.5 * (1 - before) / (1 - alpha)
        ) * sample
        if timestep > 0:
            noise = torch.randn(sample.shape, generator=generator)
            sample = sample + ((1 - before) / (1 - alpha) * beta) ** 0.5 * noise
    return sample


def sample_ddim(predict: Predictor, start: Tensor, steps: int) -> Tensor:
    """Song et al. 2021, equation 12 with eta 0, timesteps spread evenly from 0 ("leading")."""
    cumulative = alphas_cumulative().tolist()
    stride = TIMESTEPS // steps
    sample = start
    for timestep in reversed(range(0, steps * stride, stride)):
        alpha = cumulative[timestep]
        before = cumulative[timestep - stride] if timestep >= stride else 1.0
        # The noise stays as predicted where the picture is clamped, as in diffusers and in this project.
        noise = predict(sample, timestep)
        picture = predict_picture(sample, noise, alpha)
        sample = before**0.5 * picture + (1 - before) ** 0.5 * noise
    return sample
