"""Trains the noise predictor: algorithm 1 of Ho et al. 2020. Goes on from its checkpoint when there is one."""

import argparse
import functools
import json
import math
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.amp.autocast_mode import autocast
from torch.nn import functional
from torch.nn.utils.clip_grad import clip_grad_norm_

from common.channels_last import lay_out, to_channels_last
from common.checkpoint import CHECKPOINT_FOLDER, load_checkpoint, save_checkpoint
from common.moving_average import MovingAverage
from common.processes import (
    average_gradients,
    average_value,
    run_processes,
    use_large_allocations,
    wait_while_paused,
)
from ddpm_mnist.diffusion import add_noise
from ddpm_mnist.digits import read_digits
from ddpm_mnist.model import CHECKPOINT, DigitModel
from ddpm_mnist.settings import NO_DIGIT, TIMESTEPS, NetworkSettings, TrainingSettings

GRADIENT_NORM_MAX = 1.0


def learning_rate_at(step: int, settings: TrainingSettings) -> float:
    """Linear warm-up, then a cosine to zero."""
    warm_up = min(1.0, (step + 1) / settings.warm_up_steps)
    return settings.learning_rate * warm_up * 0.5 * (1 + math.cos(math.pi * step / settings.steps))


def draw_loss(
    model: DigitModel,
    data: tuple[Tensor, Tensor],
    settings: TrainingSettings,
    generator: torch.Generator,
) -> Tensor:
    """L_simple (equation 14) of one batch: mean of (epsilon - epsilon_theta(x_t, t, digit))^2."""
    pictures, labels = data
    chosen = torch.randint(len(pictures), (settings.batch,), generator=generator)
    # Each timestep is as likely as in algorithm 1, but a batch has some of every part of the chain: less noisy gradients.
    strata = torch.arange(settings.batch) + torch.rand(settings.batch, generator=generator)
    timesteps = (strata / settings.batch * TIMESTEPS).long().clamp(max=TIMESTEPS - 1)
    noise = torch.randn(pictures[chosen].shape, generator=generator)
    is_dropped = torch.rand(settings.batch, generator=generator) < settings.drop_digit
    digits = labels[chosen].masked_fill(is_dropped, NO_DIGIT)
    noisy = add_noise(pictures[chosen], noise, timesteps)
    with autocast("cpu", torch.bfloat16):
        predicted = model(lay_out(noisy), timesteps, digits)
    return functional.mse_loss(predicted.float(), noise)


class Trainer:
    """One process's share of the training; rank 0 also writes the log and the checkpoint."""

    def __init__(
        self, rank: int, settings: TrainingSettings, files: dict[str, Path], limit: int | None
    ) -> None:
        self.rank, self.settings, self.files = rank, settings, files
        self.data = read_digits("train", limit)
        torch.manual_seed(settings.seed)
        self.network_settings = NetworkSettings()
        self.model = to_channels_last(DigitModel(self.network_settings))
        self.average = MovingAverage(self.model, settings.average_decay)
        self.optimizer = torch.optim.Adam(self.model.parameters(), settings.learning_rate)
        self.step = 0
        self.samples = 0
        self.seconds = 0.0
        self._resume()

    def _resume(self) -> None:
        saved = load_checkpoint(self.files["checkpoint"])
        if saved is None:
            return
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.average.weights = saved["average"]
        self.step, self.seconds = saved["step"], saved["seconds"]
        self.samples = saved["samples"]

    def _save(self) -> None:
        content: dict[str, Any] = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.weights,
            "step": self.step,
            "samples": self.samples,
            "seconds": self.seconds,
            "network_settings": self.network_settings,
            "training_settings": self.settings,
        }
        save_checkpoint(self.files["checkpoint"], content)

    def _take_step(self) -> float:
        # The step and the rank alone decide what is drawn, so a resumed run is the same run.
        generator = torch.Generator().manual_seed(
            (self.settings.seed * 1_000_003 + self.step) * self.settings.processes + self.rank
        )
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate_at(self.step, self.settings)
        loss = draw_loss(self.model, self.data, self.settings, generator)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(self.model.parameters())
        clip_grad_norm_(self.model.parameters(), GRADIENT_NORM_MAX, error_if_nonfinite=True)
        self.optimizer.step()
        self.average.update(self.model, self.step)
        self.step += 1
        self.samples += self.settings.batch * self.settings.processes
        return float(loss)

    def _log(self, losses: list[float]) -> None:
        loss = average_value(sum(losses) / len(losses))
        if self.rank != 0:
            return
        entry = {"step": self.step, "samples": self.samples, "seconds": round(self.seconds)}
        with self.files["log"].open("a") as log:
            log.write(json.dumps({**entry, "loss": round(loss, 5)}) + "\n")

    def run(self) -> None:
        losses: list[float] = []
        started = time.monotonic()
        while self.step < self.settings.steps:
            started += wait_while_paused(self.files["pause"])
            losses.append(self._take_step())
            if self.step % self.settings.log_every_steps == 0:
                self.seconds += time.monotonic() - started
                started = time.monotonic()
                self._log(losses)
                losses = []
            is_due = self.step % self.settings.save_every_steps == 0
            if self.rank == 0 and (is_due or self.step == self.settings.steps):
                self._save()


def _work(rank: int, settings: TrainingSettings, files: dict[str, Path], limit: int | None) -> None:
    Trainer(rank, settings, files, limit).run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=TrainingSettings.batch)
    parser.add_argument("--limit", type=int, help="use only the first LIMIT digits")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--pause-file", type=Path, default=CHECKPOINT_FOLDER / "pause")
    options = parser.parse_args()
    settings = TrainingSettings(steps=options.steps, batch=options.batch)
    checkpoint: Path = options.checkpoint
    files = {
        "checkpoint": checkpoint,
        "log": checkpoint.with_name("log.jsonl"),
        "pause": options.pause_file,
    }
    use_large_allocations()
    work = functools.partial(_work, settings=settings, files=files, limit=options.limit)
    run_processes(work, settings.processes, checkpoint.with_name("meeting-point"))


if __name__ == "__main__":
    main()
