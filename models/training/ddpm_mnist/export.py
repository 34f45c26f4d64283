"""Writes the package: three ONNX graphs in mixed precision, and the JSON files around them."""

import argparse
from pathlib import Path

import onnx
import torch

from common.float16 import convert_to_float16
from common.package import MANIFEST_FILE, describe_files, write_json
from ddpm_mnist.classifier import load_classifier
from ddpm_mnist.export_graphs import export_graph, export_parts
from ddpm_mnist.model import CHECKPOINT, load_trained
from ddpm_mnist.package_files import (
    MODEL_INDEX,
    PACKAGE_ID,
    SCHEDULER,
    VAE_DECODER,
    manifest,
    text_encoder_config,
    tokenizer_config,
    tokenizer_file,
    unet_config,
)
from ddpm_mnist.settings import SIDE_PX, NetworkSettings

PACKAGE_FOLDER = Path(__file__).parents[2] / "embedded" / PACKAGE_ID


def write_package(folder: Path, checkpoint: Path, is_float16: bool) -> None:
    """Replaces the graphs and JSON files in the folder; texts such as the model card stay as they are."""
    model = load_trained(checkpoint)
    for part, graph in export_parts(model).items():
        file = folder / part / "model.onnx"
        file.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(convert_to_float16(graph) if is_float16 else graph, str(file))
    settings = NetworkSettings()
    write_json(folder / "model_index.json", MODEL_INDEX)
    write_json(folder / "scheduler" / "scheduler_config.json", SCHEDULER)
    write_json(folder / "unet" / "config.json", unet_config(settings))
    write_json(folder / "text_encoder" / "config.json", text_encoder_config(settings))
    write_json(folder / "vae_decoder" / "config.json", VAE_DECODER)
    write_json(folder / "tokenizer" / "tokenizer.json", tokenizer_file())
    write_json(folder / "tokenizer" / "tokenizer_config.json", tokenizer_config())
    write_json(folder / MANIFEST_FILE, {**manifest(), "files": describe_files(folder)})


def write_judge(file: Path) -> None:
    """The classifier of the evaluation as a graph: pictures [batch, 1, 32, 32] -> logits [batch, 10]."""
    classifier, _ = load_classifier()
    batch = {0: "batch"}
    graph = export_graph(
        classifier,
        {"pictures": torch.zeros(2, 1, SIDE_PX, SIDE_PX)},
        "logits",
        {"pictures": batch, "logits": batch},
    )
    onnx.save(convert_to_float16(graph), str(file))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--folder", type=Path, default=PACKAGE_FOLDER)
    parser.add_argument("--float32", action="store_true", help="to compare the two precisions")
    parser.add_argument("--judge", type=Path, help="write the classifier there, and nothing else")
    options = parser.parse_args()
    if options.judge is not None:
        write_judge(options.judge)
        return
    write_package(options.folder, options.checkpoint, not options.float32)


if __name__ == "__main__":
    main()
