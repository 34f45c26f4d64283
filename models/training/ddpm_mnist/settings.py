"""Every number that decides how the model is made."""

from dataclasses import dataclass

# 28 padded by 2 on each side: sizes that a request can name are multiples of 8.
SIDE_PX = 32
DIGITS = 10
# Stands for "no digit was asked for": the unconditional half of classifier-free guidance.
NO_DIGIT = 10

# The forward process of Ho et al. 2020, section 4.
TIMESTEPS = 1000
BETA_START = 1e-4
BETA_END = 0.02


@dataclass(frozen=True)
class NetworkSettings:
    """Shape of the U-Net; one width a level, each level half the size of the one before."""

    widths: tuple[int, ...] = (64, 128)
    attention_levels: tuple[int, ...] = (1,)
    embedding_width: int = 128
    layout_channels: int = 8
    norm_groups: int = 8


@dataclass(frozen=True)
class TrainingSettings:
    """How long and how fast; `batch` is what one process sees a step."""

    steps: int
    batch: int = 32
    processes: int = 2
    learning_rate: float = 1e-3
    warm_up_steps: int = 200
    # The paper's 0.9999 is for 800,000 steps.
    average_decay: float = 0.999
    # Ho and Salimans 2022: without a digit in one of ten, so that guidance works.
    drop_digit: float = 0.1
    seed: int = 0
    log_every_steps: int = 50
    save_every_steps: int = 250
