"""
Trains the enlarger for a number of minutes and writes it as ONNX in mixed precision.

  node enlarger/make-pairs.ts checkpoints/enlarger
  python3 -m enlarger.train checkpoints/enlarger --minutes 20
"""

import argparse
import math
import time
from pathlib import Path

import numpy
import onnx
import torch
from torch import Tensor

from common.float16 import FLOAT32_OPERATORS, Float16Converter
from enlarger.network import FACTOR, Enlarger, count_parameters, to_unit

LOW_PART = 48
PATCH = 32
BATCH = 16
RATES = (2e-3, 5e-5)
SOFT_SHARE = 0.3


def read_parts(folder: Path, name: str, side: int) -> Tensor:
    parts = numpy.fromfile(folder / name, dtype=numpy.uint8)
    return torch.from_numpy(parts.reshape(-1, side, side, 3))


def draw_batch(low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Patches of random parts, turned and mirrored at random."""
    chosen = torch.randint(len(low), (BATCH,))
    top, left = (int(value) for value in torch.randint(LOW_PART - PATCH + 1, (2,)))
    small = to_unit(low[chosen, top : top + PATCH, left : left + PATCH])
    large = to_unit(
        high[
            chosen,
            top * FACTOR : (top + PATCH) * FACTOR,
            left * FACTOR : (left + PATCH) * FACTOR,
        ]
    )
    turns = int(torch.randint(4, (1,)))
    small, large = (torch.rot90(part, turns, (2, 3)) for part in (small, large))
    if torch.rand(1) < 0.5:
        small, large = small.flip(3), large.flip(3)
    return soften(large) if torch.rand(1) < SOFT_SHARE else (small, large)


def soften(large: Tensor) -> tuple[Tensor, Tensor]:
    """Soft ground must stay soft: both sizes of a blurred part."""
    width = 2 * int(torch.randint(2, 8, (1,))) + 1
    for _ in range(2):
        padded = torch.nn.functional.pad(large, (width // 2,) * 4, mode="replicate")
        large = torch.nn.functional.avg_pool2d(padded, width, 1)
    return torch.nn.functional.avg_pool2d(large, FACTOR), large


def signal_to_noise(network: Enlarger, low: Tensor, high: Tensor) -> float:
    """Mean PSNR in decibels."""
    with torch.no_grad():
        drawn = network(to_unit(low)).clamp(0, 1)
    errors = (drawn - to_unit(high)).square().mean((1, 2, 3))
    return float((-10 * torch.log10(errors + 1e-10)).mean())


def train(folder: Path, minutes: float, start: Path | None) -> Enlarger:
    torch.manual_seed(5)
    low, high = read_parts(folder, "low.rgb", LOW_PART), read_parts(
        folder, "high.rgb", LOW_PART * FACTOR
    )
    held_out = read_parts(folder, "held-out-low.rgb", LOW_PART)
    held_out_high = read_parts(folder, "held-out-high.rgb", LOW_PART * FACTOR)
    network = Enlarger()
    if start is not None:
        network.load_state_dict(torch.load(start))
    print(f"{count_parameters(network)} parameters, {len(low)} parts", flush=True)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATES[0])
    started, step = time.monotonic(), 0
    while (share := (time.monotonic() - started) / (60 * minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = RATES[1] + (RATES[0] - RATES[1]) * (1 + math.cos(math.pi * share)) / 2
        small, large = draw_batch(low, high)
        loss = torch.sqrt((network(small) - large).square() + 1e-6).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        if step % 100 == 0:
            decibels = signal_to_noise(network, held_out, held_out_high)
            print(f"step {step} loss {float(loss):.5f} held out {decibels:.2f} dB", flush=True)
            torch.save(network.state_dict(), folder / "enlarger.pt")
    torch.save(network.state_dict(), folder / "enlarger.pt")
    return network


def export(network: Enlarger, path: Path) -> None:
    sides = {0: "batch", 2: "height", 3: "width"}
    large = {0: "batch", 2: "enlarged_height", 3: "enlarged_width"}
    torch.onnx.export(
        network.eval(),
        torch.zeros(1, 3, 24, 32),
        str(path),
        input_names=["image"],
        output_names=["enlarged"],
        dynamic_axes={"image": sides, "enlarged": large},
        opset_version=17,
    )
    # The sum with the picture itself is what makes its bytes.
    converter = Float16Converter(onnx.load(str(path)), FLOAT32_OPERATORS | {"Add"})
    onnx.save(converter.convert(), str(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--export-only", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.export_only:
        network = Enlarger()
        network.load_state_dict(torch.load(arguments.folder / "enlarger.pt"))
    else:
        network = train(arguments.folder, arguments.minutes, arguments.start)
    export(network, arguments.folder / "model.onnx")


if __name__ == "__main__":
    main()
