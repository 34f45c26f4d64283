"""The parts of the package as PyTorch modules whose inputs and outputs are those of a diffusers export."""

import io

import onnx
import torch
from torch import Tensor, nn

from common.channels_last import to_contiguous
from ddpm_mnist.model import DigitModel
from ddpm_mnist.network import NoisePredictor
from ddpm_mnist.settings import DIGITS, NO_DIGIT, SIDE_PX

OPSET = 17
# Ids of the tokenizer: 0..9 are the digits, these two are not.
UNKNOWN_ID = 10
PADDING_ID = 11
TOKENS = 16


class TextEncoder(nn.Module):
    """Reads the first digit of a prompt; a prompt without one asks for any digit."""

    def __init__(self, digit_embedding: nn.Embedding) -> None:
        super().__init__()
        self.digit_embedding = digit_embedding

    def forward(self, input_ids: Tensor) -> Tensor:
        """input_ids [batch, 16] int64 -> [batch, 1, embedding]."""
        first = (input_ids < DIGITS).to(torch.int32).argmax(dim=1, keepdim=True)
        digits = torch.gather(input_ids, 1, first).clamp(max=NO_DIGIT)
        embedding: Tensor = self.digit_embedding(digits)
        return embedding


class Network(nn.Module):
    """The U-Net with its conditioning as a sequence of one."""

    def __init__(self, network: NoisePredictor) -> None:
        super().__init__()
        self.network = network

    def forward(self, sample: Tensor, timestep: Tensor, encoder_hidden_states: Tensor) -> Tensor:
        """
        sample [batch, 1, 32, 32], timestep [1] or [batch] int64, encoder_hidden_states [batch, 1, embedding]
        -> epsilon [batch, 1, 32, 32].
        """
        noise: Tensor = self.network(sample, timestep, encoder_hidden_states[:, 0])
        return noise


class Decoder(nn.Module):
    """Grey to red, green and blue: this model draws pixels, so there is nothing to decode."""

    def forward(self, latent_sample: Tensor) -> Tensor:
        """[batch, 1, h, w] -> [batch, 3, h, w]."""
        return torch.cat([latent_sample, latent_sample, latent_sample], dim=1)


def export_graph(
    module: nn.Module,
    inputs: dict[str, Tensor],
    output: str,
    dynamic: dict[str, dict[int, str]],
) -> onnx.ModelProto:
    """The ONNX graph of a module, in float32."""
    file = io.BytesIO()
    torch.onnx.export(
        module.eval(),
        tuple(inputs.values()),
        file,
        input_names=list(inputs),
        output_names=[output],
        dynamic_axes=dynamic,
        opset_version=OPSET,
        do_constant_folding=True,
    )
    return onnx.load_from_string(file.getvalue())


def export_parts(model: DigitModel) -> dict[str, onnx.ModelProto]:
    """Folder of the package -> its graph, in float32."""
    batch = {0: "batch"}
    model = to_contiguous(model)
    width = model.digit_embedding.embedding_dim
    sample = torch.zeros(2, 1, SIDE_PX, SIDE_PX)
    return {
        "text_encoder": export_graph(
            TextEncoder(model.digit_embedding),
            {"input_ids": torch.full((2, TOKENS), PADDING_ID)},
            "last_hidden_state",
            {"input_ids": batch, "last_hidden_state": batch},
        ),
        "unet": export_graph(
            Network(model.network),
            {
                "sample": sample,
                "timestep": torch.tensor([500]),
                "encoder_hidden_states": torch.zeros(2, 1, width),
            },
            "out_sample",
            {
                "sample": batch,
                "timestep": {0: "steps"},
                "encoder_hidden_states": batch,
                "out_sample": batch,
            },
        ),
        "vae_decoder": export_graph(
            Decoder(),
            {"latent_sample": sample},
            "sample",
            {"latent_sample": batch, "sample": batch},
        ),
    }
