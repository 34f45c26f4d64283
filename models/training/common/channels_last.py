"""The memory layout that convolutions on the processor are fastest with: channels innermost."""

from typing import TypeVar

import torch
from torch import Tensor, nn

AnyModule = TypeVar("AnyModule", bound=nn.Module)


def to_channels_last(module: AnyModule) -> AnyModule:
    """The same module, its weights laid out anew."""
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return module


def to_contiguous(module: AnyModule) -> AnyModule:
    """Back to the layout that ONNX files have."""
    module.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return module


def lay_out(pictures: Tensor) -> Tensor:
    """[batch, channels, h, w], channels innermost in memory."""
    return pictures.contiguous(memory_format=torch.channels_last)
