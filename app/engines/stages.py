"""What each engine does between the division of the images and the bundle; imports none of their frameworks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.engines.process import QUICK_WORKER


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
}
