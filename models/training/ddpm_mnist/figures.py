"""Two figures for the documents: the forward process on real digits, and a sheet of drawn ones, none picked."""

import argparse
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from ddpm_mnist.diffusion import add_noise
from ddpm_mnist.digits import read_digits
from ddpm_mnist.evaluate import collect, drawn_folder
from ddpm_mnist.model import CHECKPOINT
from ddpm_mnist.settings import DIGITS, SIDE_PX, TIMESTEPS

DOCUMENTS_FOLDER = Path(__file__).parents[3] / "docs" / "model"
SCALE = 2
CELL_PX = SIDE_PX * SCALE
GAP_PX = 2
LABEL_PX = 14
INK, PAPER = 40, 255
SEED = 30_000_000
SHEET_ROWS = 5
FORWARD_ROWS = 4


def paint_grid(cells: Tensor, column_labels: list[str], title: str) -> Image.Image:
    """cells [rows, columns, 32, 32] in -1..1 as one grey picture, twice as large, with a line of labels."""
    rows, columns = cells.shape[:2]
    step = CELL_PX + GAP_PX
    top = LABEL_PX * (2 if title else 1)
    sheet = Image.new("L", (columns * step - GAP_PX, top + rows * step - GAP_PX), PAPER)
    pen = ImageDraw.Draw(sheet)
    if title:
        pen.text((2, 0), title, fill=INK)
    for column, label in enumerate(column_labels):
        pen.text((column * step + 2, top - LABEL_PX), label, fill=INK)
    levels = ((cells.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    for row in range(rows):
        for column in range(columns):
            digit = Image.fromarray(levels[row, column].numpy())
            enlarged = digit.resize((CELL_PX, CELL_PX), Image.Resampling.NEAREST)
            sheet.paste(enlarged, (column * step, top + row * step))
    return sheet


def paint_forward_process() -> Image.Image:
    """One row a test digit: x_t for t = 0, 100, ..., 900, 999, each row with one noise of its own."""
    pictures, labels = read_digits("t10k", limit=200)
    chosen = [int((labels == digit).nonzero()[0]) for digit in (7, 2, 0, 4)][:FORWARD_ROWS]
    timesteps = torch.tensor([*range(0, TIMESTEPS, 100), TIMESTEPS - 1])
    generator = torch.Generator().manual_seed(SEED)
    rows = []
    for index in chosen:
        noise = torch.randn(1, 1, SIDE_PX, SIDE_PX, generator=generator)
        repeated = pictures[index : index + 1].expand(len(timesteps), -1, -1, -1)
        rows.append(add_noise(repeated, noise, timesteps)[:, 0])
    names = [f"t = {int(timestep)}" for timestep in timesteps]
    return paint_grid(torch.stack(rows), names, "")


def paint_drawn(checkpoint: Path, name: str, title: str) -> Image.Image:
    """The first rows of what the evaluation drew, one column a digit."""
    pictures, _ = collect(drawn_folder(checkpoint, name), SHEET_ROWS * DIGITS)
    cells = pictures[: SHEET_ROWS * DIGITS].reshape(SHEET_ROWS, DIGITS, SIDE_PX, SIDE_PX)
    return paint_grid(cells, [str(digit) for digit in range(DIGITS)], title)


def stack_sheets(sheets: list[Image.Image]) -> Image.Image:
    """One above the other."""
    height = sum(sheet.height for sheet in sheets) + LABEL_PX * (len(sheets) - 1)
    page = Image.new("L", (sheets[0].width, height), PAPER)
    top = 0
    for sheet in sheets:
        page.paste(sheet, (0, top))
        top += sheet.height + LABEL_PX
    return page


def save_png(picture: Image.Image, file: Path) -> None:
    """16 shades of grey are enough to look at, and half the size."""
    file.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(16).save(file, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--folder", type=Path, default=DOCUMENTS_FOLDER)
    parser.add_argument("--forward-only", action="store_true", help="before anything is drawn")
    options = parser.parse_args()
    save_png(paint_forward_process(), options.folder / "forward-process.png")
    if options.forward_only:
        return
    ddpm = paint_drawn(options.checkpoint, "ddpm-1000", "DDPM, 1000 steps")
    ddim = paint_drawn(options.checkpoint, "ddim-50", "DDIM, 50 steps")
    save_png(stack_sheets([ddpm, ddim]), options.folder / "ddpm-mnist-digits.png")


if __name__ == "__main__":
    main()
