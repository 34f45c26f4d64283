"""Checkpoints that survive a crash or a restart, in a folder that git ignores."""

from pathlib import Path
from typing import Any

import torch

CHECKPOINT_FOLDER = Path(__file__).parent.parent / "checkpoints"


def save_checkpoint(file: Path, content: dict[str, Any]) -> None:
    """Whole or not at all: a half-written file never takes the place of a good one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part")
    torch.save(content, unfinished)
    unfinished.replace(file)


def load_checkpoint(file: Path) -> dict[str, Any] | None:
    """What was saved; None where nothing was."""
    if not file.exists():
        return None
    content: dict[str, Any] = torch.load(file, map_location="cpu")
    return content
