"""The rule by which an answer is accepted, or rejected as unsure or unknown: stored in the bundle, the same everywhere.

Plain numbers, no framework: the window reads it, too.
"""

from dataclasses import asdict, dataclass
from typing import Any

ACCEPTED, UNSURE, UNKNOWN = "accepted", "unsure", "unknown"

Interval = tuple[float, float]


@dataclass(frozen=True)
class Price:
    """What a rule costs on held-out images: shares from 0 to 1 with 95% intervals, and counts.

    `coverage` is the share of images that are accepted, `error` the share of those that are wrong.
    """

    images: int
    accepted: int
    wrong: int
    unsure: int
    unknown: int
    coverage: float
    coverage_interval: Interval
    error: float | None
    error_interval: Interval | None


@dataclass(frozen=True)
class Rule:
    """Accept an answer where its probability is at least its class's threshold and the image is not too novel.

    `thresholds` has a number from 0 to 1 for each class, `most_novel` is from 0 to 1, or None where novelty does not
    count. `chosen` says in words how they were chosen.
    """

    thresholds: tuple[float, ...]
    most_novel: float | None = None
    chosen: str = ""
    price: Price | None = None

    def verdict(self, best: int, confidence: float, novelty: float | None) -> str:
        """Return "accepted", "unsure" or "unknown" for the most probable class, its probability and the novelty."""
        if self.most_novel is not None and novelty is not None and novelty > self.most_novel:
            return UNKNOWN
        return ACCEPTED if confidence >= self.thresholds[best] else UNSURE

    def to_json(self) -> dict[str, Any]:
        """Return the value to store."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Rule":
        """Read a stored value; raises KeyError, TypeError or ValueError for anything else."""
        price = value["price"]
        return cls(
            tuple(float(one) for one in value["thresholds"]),
            None if value["most_novel"] is None else float(value["most_novel"]),
            str(value["chosen"]),
            None if price is None else _price(price),
        )


def accept_all(classes: int) -> Rule:
    """Return the rule that accepts every answer."""
    return Rule((0.0,) * classes)


def _price(value: dict[str, Any]) -> Price:
    error = value["error_interval"]
    low, high = value["coverage_interval"]
    return Price(
        **{**value, "coverage_interval": (low, high), "error_interval": None if error is None else tuple(error)}
    )
