"""
Training in several processes of one thread each, which hold the same weights and average their gradients.
On shared processors this is faster than one process with many threads, which wait for each other at every operator.
"""

import datetime
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
import torch.distributed as distributed
from torch import nn
from torch.multiprocessing.spawn import spawn

# Longer than any pause: a process that waits for the others is no error.
WAIT_MAX = datetime.timedelta(days=7)
PAUSE_POLL_SECONDS = 2.0


def run_processes(work: Callable[[int], None], count: int, meeting_point: Path) -> None:
    """Calls work(rank) in `count` processes and waits; an error in one ends all."""
    meeting_point.parent.mkdir(parents=True, exist_ok=True)
    meeting_point.unlink(missing_ok=True)
    spawn(_start, args=(work, count, meeting_point), nprocs=count)
    meeting_point.unlink(missing_ok=True)


def _start(rank: int, work: Callable[[int], None], count: int, meeting_point: Path) -> None:
    # The sign of the parent's end, which a shell lets background jobs ignore: nobody may train on alone.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo",
        init_method=f"file://{meeting_point}",
        rank=rank,
        world_size=count,
        timeout=WAIT_MAX,
    )
    try:
        work(rank)
    finally:
        distributed.destroy_process_group()


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Every process ends with the mean of all gradients; one message, since small ones are slow."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    joined = torch.cat([gradient.reshape(-1) for gradient in gradients])
    distributed.all_reduce(joined)
    joined /= distributed.get_world_size()
    for gradient, part in zip(gradients, joined.split([g.numel() for g in gradients])):
        gradient.copy_(part.reshape(gradient.shape))


def average_value(value: float) -> float:
    """The mean over all processes."""
    tensor = torch.tensor([value])
    distributed.all_reduce(tensor)
    return float(tensor) / distributed.get_world_size()


def wait_while_paused(pause_file: Path) -> float:
    """Sleeps while the file exists: somebody else needs the processors. Returns the seconds that went by."""
    started = time.monotonic()
    while pause_file.exists():
        time.sleep(PAUSE_POLL_SECONDS)
    return time.monotonic() - started


def use_large_allocations() -> None:
    """
    Keeps freed memory in the process. The default returns large tensors to the system and takes page faults at
    every step, which costs two thirds of the time. Must be called before the processes that train are started.
    """
    os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(4 * 1024**3))
    os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(8 * 1024**3))
    os.environ.setdefault("MALLOC_TOP_PAD_", str(256 * 1024**2))
