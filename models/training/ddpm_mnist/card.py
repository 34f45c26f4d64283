"""Writes the package's model card from what was measured: evaluations, log, checkpoint. Nothing in it is typed by hand."""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from ddpm_mnist.export import PACKAGE_FOLDER
from ddpm_mnist.model import CHECKPOINT

TEMPLATE = Path(__file__).with_name("model-card-template.txt")
NOTICES = Path(__file__).with_name("notices.txt")
TRAINING_DIGITS = 60_000
CURVE_POINTS = 8
# A guess at what two busy cores of a server draw.
WATTS = 20


def percent(share: float) -> str:
    """One place behind the point."""
    return f"{100 * share:.1f}"


def by_digit(evaluation: dict[str, Any]) -> str:
    """How many were read as asked, 0 to 9."""
    return ", ".join(str(count) for count in evaluation["readAsAskedByDigit"].values())


def describe_curve(log: list[dict[str, Any]]) -> str:
    """A few losses, each twice as far along as the one before."""
    last = len(log) - 1
    places = sorted({last >> shift for shift in range(CURVE_POINTS)})
    return " · ".join(f"{log[place]['loss']:.4f} at {log[place]['step']:,}" for place in places)


def write_card(results: Path, template: str) -> str:
    """The card's text. Raises FileNotFoundError for an evaluation that was not made."""
    ddpm = json.loads((results / "evaluation-ddpm-1000.json").read_text())
    ddim = json.loads((results / "evaluation-ddim-50.json").read_text())
    log = [json.loads(line) for line in (results / "log.jsonl").read_text().splitlines()]
    last = log[-1]
    return template.format(
        ddpm=percent(ddpm["readAsAsked"]),
        ddim=percent(ddim["readAsAsked"]),
        ceiling=percent(ddpm["classifierAccuracyOnRealDigits"]),
        ddpm_by=by_digit(ddpm),
        ddim_by=by_digit(ddim),
        steps=f"{last['step']:,}",
        samples=f"{last['samples']:,}",
        epochs=f"{last['samples'] / TRAINING_DIGITS:.1f}",
        minutes=round(last["seconds"] / 60),
        watt_hours=round(last["seconds"] / 3600 * WATTS),
        loss=f"{last['loss']:.4f}",
        curve=describe_curve(log),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--folder", type=Path, default=PACKAGE_FOLDER)
    options = parser.parse_args()
    folder: Path = options.folder
    card = write_card(options.checkpoint.parent, TEMPLATE.read_text())
    (folder / "MODEL_CARD.md").write_text(card)
    shutil.copy(NOTICES, folder / "NOTICES.md")


if __name__ == "__main__":
    main()
