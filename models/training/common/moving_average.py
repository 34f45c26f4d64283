"""The exponential moving average of a network's weights: what is exported, since it draws better."""

import torch
from torch import Tensor, nn


class MovingAverage:
    """Follows a network's parameters; the decay grows at the start so that early weights are forgotten."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights: dict[str, Tensor] = {
            name: value.detach().clone() for name, value in network.state_dict().items()
        }

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """`step` counts from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            self.weights[name].lerp_(value, 1 - decay)
