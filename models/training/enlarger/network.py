"""The enlarger: a chain of convolutions that corrects the picture enlarged smoothly."""

import torch
from torch import Tensor, nn

FACTOR = 4
CHANNELS = 32
LAYERS = 7


class Enlarger(nn.Module):
    """
    [n, 3, h, w] in 0..1 to [n, 3, 4 h, 4 w]. All work is done at the small size and only the last layer's channels are
    laid out as pixels (Shi et al. 2016), as in Real-ESRGAN's compact network (Wang et al. 2021).
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, CHANNELS, 3, padding=1), nn.LeakyReLU(0.1)]
        for _ in range(LAYERS - 1):
            layers += [nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), nn.LeakyReLU(0.1)]
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(CHANNELS, 3 * FACTOR**2, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        # Not repeated pixels: what the network leaves uncorrected of those is a grid on soft ground.
        smooth = nn.functional.interpolate(
            image, scale_factor=float(FACTOR), mode="bilinear", align_corners=False
        )
        correction: Tensor = nn.functional.pixel_shuffle(self.head(self.body(image)), FACTOR)
        return smooth + correction


def count_parameters(network: nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())


def to_unit(pixels: Tensor) -> Tensor:
    """Bytes [n, h, w, 3] as [n, 3, h, w] in 0..1."""
    return pixels.permute(0, 3, 1, 2).to(torch.float32) / 255
