"""The noise predictor: the U-Net of DDPM (Ho et al. 2020, appendix B), made small and told the digit."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.fused_norm import NormSilu
from ddpm_mnist.settings import SIDE_PX, NetworkSettings

PATCHES_SIDE = SIDE_PX // 2


def zero_convolution(channels_in: int, channels_out: int, size: int) -> nn.Conv2d:
    """A convolution that gives zeros at first: each block starts as its shortcut alone, as in the paper's code."""
    convolution = nn.Conv2d(channels_in, channels_out, size, padding=size // 2)
    for parameter in convolution.parameters():
        nn.init.zeros_(parameter)
    return convolution


class ResidualBlock(nn.Module):
    """Two convolutions with the time and the digit added between them.

    [batch, in, h, w] and [batch, embedding] -> [batch, out, h, w].
    """

    def __init__(self, channels_in: int, channels_out: int, settings: NetworkSettings) -> None:
        super().__init__()
        self.norm_in = NormSilu(settings.norm_groups, channels_in)
        self.conv_in = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.condition = nn.Linear(settings.embedding_width, channels_out)
        self.norm_out = NormSilu(settings.norm_groups, channels_out)
        self.conv_out = zero_convolution(channels_out, channels_out, 3)
        self.shortcut = (
            nn.Identity()
            if channels_in == channels_out
            else nn.Conv2d(channels_in, channels_out, 1)
        )

    def forward(self, features: Tensor, embedding: Tensor) -> Tensor:
        hidden = self.conv_in(self.norm_in(features))
        hidden = hidden + self.condition(embedding)[:, :, None, None]
        hidden = self.conv_out(self.norm_out(hidden))
        return self.shortcut(features) + hidden


class SelfAttention(nn.Module):
    """One head over all places of a feature map. [batch, channels, h, w] -> the same."""

    def __init__(self, channels: int, settings: NetworkSettings) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(settings.norm_groups, channels)
        self.query_key_value = nn.Conv2d(channels, 3 * channels, 1)
        self.output = zero_convolution(channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        channels, height, width = features.shape[1:]
        # Each [batch, channels, places].
        query, key, value = (
            self.query_key_value(self.norm(features.float())).flatten(2).chunk(3, dim=1)
        )
        scores = torch.bmm(query.transpose(1, 2) / math.sqrt(channels), key)
        # [batch, channels, places]: for each place the mixture of all values.
        mixed = torch.bmm(value, scores.softmax(dim=-1).transpose(1, 2))
        return features + self.output(mixed.reshape(-1, channels, height, width))


class TimeEmbedding(nn.Module):
    """Timesteps [batch] -> [batch, embedding]: sines and cosines (Vaswani et al. 2017), then two layers."""

    frequencies: Tensor

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        half = settings.widths[0] // 2
        exponents = torch.arange(half, dtype=torch.float32) / (half - 1)
        self.register_buffer("frequencies", torch.exp(-math.log(10_000) * exponents), False)
        self.layer_in = nn.Linear(settings.widths[0], settings.embedding_width)
        self.layer_out = nn.Linear(settings.embedding_width, settings.embedding_width)

    def forward(self, timesteps: Tensor) -> Tensor:
        angles = timesteps.float()[:, None] * self.frequencies[None, :]
        waves = torch.cat([angles.sin(), angles.cos()], dim=1)
        return self.layer_out(functional.silu(self.layer_in(waves)))


class NoisePredictor(nn.Module):
    """epsilon_theta(x_t, t, digit), the mean of what the forward process added."""

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        widths = settings.widths
        self.layout_channels = settings.layout_channels
        self.time_embedding = TimeEmbedding(settings)
        # Pixels as patches of 2 x 2: a quarter of the work, and no finer detail is lost in strokes.
        # The digit as a picture of its own beside them: where its strokes usually lie is what high noise is worth.
        self.layout = nn.Linear(
            settings.embedding_width, settings.layout_channels * PATCHES_SIDE * PATCHES_SIDE
        )
        self.conv_in = nn.Conv2d(4 + settings.layout_channels, widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList()
        self.up_blocks = nn.ModuleList()
        self.down_attentions = nn.ModuleList()
        self.up_attentions = nn.ModuleList()
        self.down_samplers = nn.ModuleList()
        self.up_samplers = nn.ModuleList()
        channels = widths[0]
        skips = [channels]
        for level, width in enumerate(widths):
            self.down_blocks.append(ResidualBlock(channels, width, settings))
            self.down_attentions.append(self._attention(level, width, settings))
            channels = width
            skips.append(channels)
            if level < len(widths) - 1:
                self.down_samplers.append(nn.Conv2d(channels, channels, 3, stride=2, padding=1))
                skips.append(channels)
        self.middle_in = ResidualBlock(channels, channels, settings)
        self.middle_attention = SelfAttention(channels, settings)
        self.middle_out = ResidualBlock(channels, channels, settings)
        for level, width in reversed(list(enumerate(widths))):
            for _ in range(2):
                self.up_blocks.append(ResidualBlock(channels + skips.pop(), width, settings))
                self.up_attentions.append(self._attention(level, width, settings))
                channels = width
            if level > 0:
                self.up_samplers.append(nn.Conv2d(channels, channels, 3, padding=1))
        self.norm_out = NormSilu(settings.norm_groups, channels)
        self.conv_out = zero_convolution(channels, 4, 3)

    @staticmethod
    def _attention(level: int, width: int, settings: NetworkSettings) -> nn.Module:
        is_attending = level in settings.attention_levels
        return SelfAttention(width, settings) if is_attending else nn.Identity()

    def forward(self, sample: Tensor, timesteps: Tensor, digit_embedding: Tensor) -> Tensor:
        """
        sample [batch, 1, 32, 32], timesteps [batch] in 0..999, digit_embedding [batch, embedding]
        -> predicted noise [batch, 1, 32, 32].
        """
        embedding = functional.silu(self.time_embedding(timesteps) + digit_embedding)
        layout = self.layout(digit_embedding).reshape(
            -1, self.layout_channels, PATCHES_SIDE, PATCHES_SIDE
        )
        hidden = self.conv_in(torch.cat([functional.pixel_unshuffle(sample, 2), layout], dim=1))
        skips = [hidden]
        for level, block in enumerate(self.down_blocks):
            hidden = self.down_attentions[level](block(hidden, embedding))
            skips.append(hidden)
            if level < len(self.down_samplers):
                hidden = self.down_samplers[level](hidden)
                skips.append(hidden)
        hidden = self.middle_attention(self.middle_in(hidden, embedding))
        hidden = self.middle_out(hidden, embedding)
        for index, block in enumerate(self.up_blocks):
            hidden = block(torch.cat([hidden, skips.pop()], dim=1), embedding)
            hidden = self.up_attentions[index](hidden)
            if index % 2 == 1 and index // 2 < len(self.up_samplers):
                hidden = functional.interpolate(hidden, scale_factor=2.0, mode="nearest")
                hidden = self.up_samplers[index // 2](hidden)
        correction = functional.pixel_shuffle(self.conv_out(self.norm_out(hidden)), 2)
        # Towards t = 1000 the sample is almost the noise itself, and what is left of the picture is a hundredth of it:
        # starting from the sample, the network only has to name that rest, and not to pass the noise through exactly.
        return sample + correction
