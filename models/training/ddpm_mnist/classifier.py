"""
The judge: a network that reads digits, trained on real MNIST alone and never shown a generated picture.
Run it to train; its accuracy on the 10,000 digits of the test set is printed and kept with its weights.
"""

import argparse
import json
import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.checkpoint import CHECKPOINT_FOLDER, load_checkpoint, save_checkpoint
from common.processes import wait_while_paused
from ddpm_mnist.digits import read_digits
from ddpm_mnist.settings import DIGITS, SIDE_PX

CHECKPOINT = CHECKPOINT_FOLDER / "ddpm-mnist" / "classifier.pt"
BATCH = 128
LEARNING_RATE = 2e-3
SHIFT_MAX_PX = 2
SEED = 1


class DigitClassifier(nn.Module):
    """Pictures [batch, 1, 32, 32] in -1..1 -> logits [batch, 10]."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 24, 5, stride=2, padding=2),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            nn.Conv2d(24, 48, 3, padding=1),
            nn.BatchNorm2d(48),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(48, 96, 3, padding=1),
            nn.BatchNorm2d(96),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(96 * (SIDE_PX // 8) ** 2, 64),
            nn.ReLU(),
            nn.Linear(64, DIGITS),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.layers(pictures)
        return logits


def load_classifier(checkpoint: Path = CHECKPOINT) -> tuple[DigitClassifier, float]:
    """The trained judge and its accuracy on real test digits, 0..1."""
    saved = load_checkpoint(checkpoint)
    if saved is None:
        raise FileNotFoundError(f"{checkpoint.name} is missing; train it: ddpm_mnist.classifier")
    classifier = DigitClassifier()
    classifier.load_state_dict(saved["model"])
    return classifier.eval(), saved["accuracy"]


@torch.no_grad()
def read_classes(classifier: DigitClassifier, pictures: Tensor) -> Tensor:
    """The digit that is read in each picture, [count] int64."""
    return torch.cat([classifier(part).argmax(dim=1) for part in pictures.split(500)])


def shift(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """All pictures of a batch moved by the same few pixels, the border filled with background."""
    right, down = torch.randint(-SHIFT_MAX_PX, SHIFT_MAX_PX + 1, (2,), generator=generator).tolist()
    # A negative padding cuts.
    return functional.pad(pictures, [right, -right, down, -down], value=-1.0)


def train(epochs: int, limit: int | None, pause_file: Path) -> DigitClassifier:
    """Adam with a cosine to zero over all epochs."""
    pictures, labels = read_digits("train", limit)
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    classifier = DigitClassifier()
    optimizer = torch.optim.Adam(classifier.parameters(), LEARNING_RATE)
    steps = epochs * math.ceil(len(pictures) / BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(epochs):
        for chosen in torch.randperm(len(pictures), generator=generator).split(BATCH):
            wait_while_paused(pause_file)
            logits = classifier(shift(pictures[chosen], generator))
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(logits, labels[chosen]).backward()
            optimizer.step()
            schedule.step()
    return classifier.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--limit", type=int, help="use only the first LIMIT digits")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--pause-file", type=Path, default=CHECKPOINT_FOLDER / "pause")
    options = parser.parse_args()
    torch.set_num_threads(2)
    classifier = train(options.epochs, options.limit, options.pause_file)
    pictures, labels = read_digits("t10k", options.limit)
    accuracy = float((read_classes(classifier, pictures) == labels).float().mean())
    save_checkpoint(options.checkpoint, {"model": classifier.state_dict(), "accuracy": accuracy})
    print(json.dumps({"testDigits": len(labels), "accuracy": round(accuracy, 4)}))


if __name__ == "__main__":
    main()
