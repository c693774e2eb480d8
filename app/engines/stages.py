"""What each engine does between the division of the images and the bundle; imports none of their frameworks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.engines.process import QUICK_WORKER

TORCH_TRAINING = "app.engines.torch_training"
# Else the C library gives large blocks back to the system at each step, and training takes twice as long.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str((1 << 31) - 1)}
# Else torch's threads wait for each other by turning in circles, which on a busy computer takes many times as long.
WAIT_ASLEEP = {"OMP_WAIT_POLICY": "PASSIVE"}


@dataclass(frozen=True)
class Stages:
    """The modules that one worker serves, its jobs in order, which leave network and validation scores; and in words.

    `chosen` says how whatever was not learnt was chosen, for the protocol: “… on the other 1,000 images”.
    """

    modules: tuple[str, ...]
    jobs: tuple[str, ...]
    chosen: str
    environment: Mapping[str, str] = field(default_factory=dict)


STAGES = {
    "quick": Stages((QUICK_WORKER,), ("train",), "Strength and calibration were chosen by cross-validation"),
    "torch": Stages(
        (QUICK_WORKER, TORCH_TRAINING),
        ("pixels", "fine_tune"),
        "The best epoch and the calibration were chosen on a part set aside from training",
        {**KEEP_MEMORY, **WAIT_ASLEEP},
    ),
}
