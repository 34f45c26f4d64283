"""The forward process and the samplers, with a predictor that knows the answer."""

import unittest

import torch
from torch import Tensor

from ddpm_mnist.diffusion import add_noise, alphas_cumulative, sample_ddim, sample_ddpm


class DiffusionTest(unittest.TestCase):
    def setUp(self) -> None:
        self.generator = torch.Generator().manual_seed(1)
        self.picture = torch.rand(2, 1, 32, 32, generator=self.generator) * 2 - 1

    def know_the_noise(self, sample: Tensor, timestep: int) -> Tensor:
        alpha = float(alphas_cumulative()[timestep])
        return (sample - alpha**0.5 * self.picture) / (1 - alpha) ** 0.5

    def test_hardly_anything_is_left_at_the_end(self) -> None:
        # Ho et al. 2020, section 4: the signal-to-noise ratio at T is kept small; 4.04e-5 for these betas.
        self.assertAlmostEqual(float(alphas_cumulative()[-1]), 4.036e-5, delta=1e-8)

    def test_noise_keeps_the_variance(self) -> None:
        picture = torch.randn(4, 1, 64, 64, generator=self.generator)
        noise = torch.randn(picture.shape, generator=self.generator)
        for timestep in (0, 250, 999):
            noisy = add_noise(picture, noise, torch.full((4,), timestep))
            self.assertAlmostEqual(float(noisy.var()), 1, delta=0.05)

    def test_ddpm_finds_the_picture(self) -> None:
        start = torch.randn(self.picture.shape, generator=self.generator)
        drawn = sample_ddpm(self.know_the_noise, start, self.generator)
        self.assertLess(float((drawn - self.picture).abs().max()), 1e-4)

    def test_ddim_finds_the_picture(self) -> None:
        start = torch.randn(self.picture.shape, generator=self.generator)
        drawn = sample_ddim(self.know_the_noise, start, 50)
        self.assertLess(float((drawn - self.picture).abs().max()), 1e-4)


if __name__ == "__main__":
    unittest.main()
