"""What other libraries read from the environment, set before any of them is imported."""

from __future__ import annotations

import os

_VARIABLES = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "true",
}


def prepare() -> None:
    """Keep every library offline and silent about its use. Call it before importing any of them."""
    os.environ.update(_VARIABLES)
