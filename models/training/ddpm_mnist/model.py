"""The digit's embedding and the U-Net as one trainable thing."""

from pathlib import Path

from torch import Tensor, nn

from common.checkpoint import CHECKPOINT_FOLDER, load_checkpoint
from ddpm_mnist.network import NoisePredictor
from ddpm_mnist.settings import DIGITS, NetworkSettings

CHECKPOINT = CHECKPOINT_FOLDER / "ddpm-mnist" / "training.pt"


class DigitModel(nn.Module):
    """Digits 0..9, or 10 for none, to an embedding; sample, time and embedding to noise."""

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.digit_embedding = nn.Embedding(DIGITS + 1, settings.embedding_width)
        # As large as the embedding of the time that it is added to.
        nn.init.normal_(self.digit_embedding.weight, std=0.3)
        self.network = NoisePredictor(settings)

    def forward(self, sample: Tensor, timesteps: Tensor, digits: Tensor) -> Tensor:
        """sample [batch, 1, h, w], timesteps [batch], digits [batch] -> noise [batch, 1, h, w]."""
        noise: Tensor = self.network(sample, timesteps, self.digit_embedding(digits))
        return noise


def load_trained(checkpoint: Path = CHECKPOINT) -> DigitModel:
    """The averaged weights, ready to draw. Raises FileNotFoundError when nothing was trained yet."""
    saved = load_checkpoint(checkpoint)
    if saved is None:
        raise FileNotFoundError(f"{checkpoint.name} is missing; train first: ddpm_mnist.train")
    model = DigitModel(saved["network_settings"])
    model.load_state_dict(saved["average"])
    return model.eval()
