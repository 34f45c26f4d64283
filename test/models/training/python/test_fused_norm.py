"""The fused kernels against PyTorch's own operators."""

import unittest

import torch
from torch import Tensor

from common.fused_norm import NormSilu


class FusedNormTest(unittest.TestCase):
    def run_layer(self, dtype: torch.dtype) -> list[Tensor]:
        """Output and gradients of the input, the weight and the bias."""
        generator = torch.Generator().manual_seed(2)
        layer = NormSilu(8, 64)
        layer.weight.data = 1 + 0.3 * torch.randn(64, generator=generator)
        layer.bias.data = torch.randn(64, generator=generator)
        features = torch.randn(3, 64, 6, 5, generator=generator) * 2 + 0.5
        gradient = torch.randn(features.shape, generator=generator)
        # Rounded in both cases, so that only the arithmetic differs.
        features = features.bfloat16().to(dtype).requires_grad_()
        result = layer(features)
        result.backward(gradient.bfloat16().to(dtype))
        parts = (result, features.grad, layer.weight.grad, layer.bias.grad)
        return [part.detach().float() for part in parts if part is not None]

    def test_as_pytorch_to_the_precision_of_bfloat16(self) -> None:
        for half, full in zip(self.run_layer(torch.bfloat16), self.run_layer(torch.float32)):
            error = (half - full).abs().max() / full.abs().max()
            self.assertLess(float(error), 2**-7)


if __name__ == "__main__":
    unittest.main()
