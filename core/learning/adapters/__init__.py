"""Training of adapters (LoRA) from corrections: `train`, what it will take (`expected_seconds`), and `PRESETS`.

Nothing heavy is loaded by importing this; `train` loads the weights, so it belongs into a process of its own.
"""

from core.learning.adapters.presets import PRESETS
from core.learning.adapters.training import expected_seconds, train

__all__ = ["PRESETS", "expected_seconds", "train"]
