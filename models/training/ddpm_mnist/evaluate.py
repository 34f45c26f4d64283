"""Does the model draw the digit that it is asked for? 100 of each, read by the independent classifier."""

import argparse
import functools
import json
import math
from pathlib import Path

import torch
from torch import Tensor
from torch.amp.autocast_mode import autocast

from common.channels_last import lay_out, to_channels_last
from common.checkpoint import CHECKPOINT_FOLDER, load_checkpoint, save_checkpoint
from common.processes import run_processes, use_large_allocations, wait_while_paused
from ddpm_mnist.classifier import CHECKPOINT as CLASSIFIER_CHECKPOINT
from ddpm_mnist.classifier import load_classifier, read_classes
from ddpm_mnist.diffusion import Predictor, sample_ddim, sample_ddpm
from ddpm_mnist.model import CHECKPOINT, load_trained
from ddpm_mnist.settings import DIGITS, SIDE_PX

BATCH = 100
PROCESSES = 2
# Apart from every seed of the training.
SEED = 20_000_000


def draw(digits: Tensor, ddim_steps: int | None, seed: int, files: dict[str, Path]) -> Tensor:
    """Pictures [count, 1, 32, 32] in -1..1, without guidance; all 1000 DDPM steps unless DDIM's are given."""
    model = to_channels_last(load_trained(files["checkpoint"]))
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(len(digits), 1, SIDE_PX, SIDE_PX, generator=generator)

    def predict(sample: Tensor, timestep: int) -> Tensor:
        wait_while_paused(files["pause"])
        timesteps = torch.full((len(digits),), timestep)
        with torch.no_grad(), autocast("cpu", torch.bfloat16):
            noise: Tensor = model(lay_out(sample), timesteps, digits)
        return noise.float()

    predictor: Predictor = predict
    if ddim_steps is None:
        return sample_ddpm(predictor, start, generator)
    return sample_ddim(predictor, start, ddim_steps)


def draw_share(rank: int, count: int, ddim_steps: int | None, files: dict[str, Path]) -> None:
    """Every second batch of the digits 0..9, over and over; each batch is kept as soon as it is done."""
    for index in range(rank, count // BATCH, PROCESSES):
        file = files["folder"] / f"{index}.pt"
        if file.exists():
            continue
        digits = torch.arange(BATCH) % DIGITS
        pictures = draw(digits, ddim_steps, SEED + index, files)
        save_checkpoint(file, {"pictures": pictures, "digits": digits})


def drawn_folder(checkpoint: Path, name: str) -> Path:
    """Where the pictures of one sampler and one state of the training are kept."""
    saved = load_checkpoint(checkpoint)
    step = 0 if saved is None else saved["step"]
    return checkpoint.parent / f"drawn-{name}-at-{step}"


def collect(folder: Path, count: int) -> tuple[Tensor, Tensor]:
    """All pictures [count, 1, 32, 32] and the digits that they were asked to be [count]."""
    batches = [load_checkpoint(folder / f"{index}.pt") for index in range(math.ceil(count / BATCH))]
    complete = [batch for batch in batches if batch is not None]
    return (
        torch.cat([batch["pictures"] for batch in complete]),
        torch.cat([batch["digits"] for batch in complete]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="a multiple of 100")
    parser.add_argument("--ddim-steps", type=int, help="left out: DDPM with all 1000 steps")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--classifier", type=Path, default=CLASSIFIER_CHECKPOINT)
    parser.add_argument("--pause-file", type=Path, default=CHECKPOINT_FOLDER / "pause")
    options = parser.parse_args()
    name = "ddpm-1000" if options.ddim_steps is None else f"ddim-{options.ddim_steps}"
    folder = drawn_folder(options.checkpoint, name)
    files = {"checkpoint": options.checkpoint, "pause": options.pause_file, "folder": folder}
    use_large_allocations()
    run_processes(
        functools.partial(
            draw_share, count=options.count, ddim_steps=options.ddim_steps, files=files
        ),
        PROCESSES,
        options.checkpoint.with_name("meeting-point"),
    )
    pictures, digits = collect(folder, options.count)
    classifier, accuracy = load_classifier(options.classifier)
    is_right = read_classes(classifier, pictures) == digits
    by_digit = {str(digit): int(is_right[digits == digit].sum()) for digit in range(DIGITS)}
    report = {
        "sampler": name,
        "drawnIn": folder.name,
        "drawn": len(digits),
        "readAsAsked": round(float(is_right.float().mean()), 4),
        "readAsAskedByDigit": by_digit,
        "classifierAccuracyOnRealDigits": round(accuracy, 4),
    }
    print(json.dumps(report))
    (options.checkpoint.parent / f"evaluation-{name}.json").write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
