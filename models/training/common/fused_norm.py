"""GroupNorm + SiLU: fused for bfloat16 on the processor, PyTorch's own everywhere else (and for export)."""

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

SOURCE = Path(__file__).with_name("fused_norm.c")
BUILD_FOLDER = Path(__file__).parent.parent / "checkpoints" / "build"
CHANNELS_MAX = 1024


@functools.cache
def load_library() -> ctypes.CDLL | None:
    """The compiled kernels; None where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]
    library = BUILD_FOLDER / f"fused_norm-{digest}.so"
    if not library.exists():
        BUILD_FOLDER.mkdir(parents=True, exist_ok=True)
        unfinished = library.with_suffix(f".{os.getpid()}.part")
        flags = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
        subprocess.run([compiler, *flags, str(SOURCE), "-o", str(unfinished), "-lm"], check=True)
        unfinished.replace(library)
    return ctypes.CDLL(str(library))


def _pointer(tensor: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())


class FusedNormSilu(torch.autograd.Function):
    """silu(group_norm(x)) for x [batch, channels, h, w], bfloat16, channels last."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, groups: int, epsilon: float
    ) -> Tensor:
        library = load_library()
        assert library is not None
        features = features.contiguous(memory_format=torch.channels_last)
        pictures, channels, height, width = features.shape
        result = torch.empty_like(features)
        mean = torch.empty(pictures, groups)
        rstd = torch.empty(pictures, groups)
        sizes = [ctypes.c_long(size) for size in (pictures, height * width, channels, groups)]
        tensors = [_pointer(tensor) for tensor in (features, weight, bias, result, mean, rstd)]
        library.norm_silu_forward(*tensors, *sizes, ctypes.c_float(epsilon))
        ctx.save_for_backward(features, weight, bias, mean, rstd)
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        library = load_library()
        assert library is not None
        features, weight, bias, mean, rstd = ctx.saved_tensors
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        pictures, channels, height, width = features.shape
        results = (torch.empty_like(features), torch.zeros_like(weight), torch.zeros_like(bias))
        scratch = torch.empty(height * width * channels)
        read = (features, gradient, weight, bias, mean, rstd)
        tensors = [_pointer(tensor) for tensor in (*read, *results, scratch)]
        sizes = (pictures, height * width, channels, mean.shape[1])
        library.norm_silu_backward(*tensors, *[ctypes.c_long(size) for size in sizes])
        return (*results, None, None)


class NormSilu(nn.GroupNorm):
    """GroupNorm (Wu and He 2018) and SiLU. [batch, channels, h, w] -> the same."""

    def forward(self, features: Tensor) -> Tensor:
        is_fusable = features.dtype == torch.bfloat16 and self.num_channels <= CHANNELS_MAX
        if is_fusable and load_library() is not None:
            result: Tensor = FusedNormSilu.apply(
                features, self.weight, self.bias, self.num_groups, self.eps
            )
            return result
        weight, bias = self.weight.to(features.dtype), self.bias.to(features.dtype)
        normal = functional.group_norm(features, self.num_groups, weight, bias, self.eps)
        return functional.silu(normal)
