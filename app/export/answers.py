"""The answers for many files in little memory: about 150 bytes a file and 4 a class."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

Result = dict[str, Any]  # path, predictions [{label, confidence}] with the best first, verdict, novelty, problem


class Answers(Sequence[Result]):
    """Results as they came; each is unfolded when it is asked for."""

    def __init__(self, labels: Sequence[str]):
        self.labels = tuple(labels)
        self._position = {label: at for at, label in enumerate(self.labels)}
        self._paths: list[str] = []
        self._probabilities = array("f")  # a model answers in 32 bits
        self._novelties = array("d")
        self._verdicts: list[str | None] = []
        self._problems: dict[int, str] = {}

    def add(self, results: Iterable[Result]) -> None:
        """Append results of a model with these labels."""
        for result in results:
            row = [0.0] * len(self.labels)
            for one in result["predictions"]:
                row[self._position[one["label"]]] = one["confidence"]
            self.append(result["path"], row, result.get("verdict"), result.get("novelty"), result.get("problem"))

    def append(
        self,
        path: str,
        probabilities: Iterable[float],
        verdict: str | None = None,
        novelty: float | None = None,
        problem: str | None = None,
    ) -> None:
        """Append one answer, its probabilities in the order of the labels."""
        if problem:
            self._problems[len(self._paths)] = problem
        self._paths.append(path)
        self._probabilities.extend(probabilities)
        self._novelties.append(float("nan") if novelty is None else novelty)
        self._verdicts.append(verdict)

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, at: int) -> Result: ...
    @overload
    def __getitem__(self, at: slice) -> list[Result]: ...
    def __getitem__(self, at: int | slice) -> Result | list[Result]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        at %= len(self)
        predictions = self.best(at, len(self.labels))
        return {
            "path": self._paths[at],
            "predictions": [{"label": label, "confidence": confidence} for label, confidence in predictions],
            "verdict": self._verdicts[at],
            "novelty": self._novelty(at),
            "problem": self._problems.get(at),
        }

    def best(self, at: int, number: int) -> list[tuple[str, float]]:
        """Return the most probable labels of a file, the best first; none for an unreadable one."""
        if at in self._problems:
            return []
        row = self.probabilities(at)
        if number == 1:  # what tables sort by
            first = max(range(len(row)), key=row.__getitem__)
            return [(self.labels[first], row[first])]
        order = sorted(range(len(row)), key=row.__getitem__, reverse=True)
        return [(self.labels[label], row[label]) for label in order[:number]]

    def path(self, at: int) -> str:
        """Return the path of a file."""
        return self._paths[at]

    def verdict(self, at: int) -> str | None:
        """Return what the model's rule makes of an answer."""
        return self._verdicts[at]

    def problem(self, at: int) -> str | None:
        """Return why a file cannot be read."""
        return self._problems.get(at)

    def probabilities(self, at: int) -> Sequence[float]:
        """Return the probabilities of a file in the order of the labels; zeros for an unreadable one."""
        size = len(self.labels)
        return self._probabilities[at * size : (at + 1) * size]

    @property
    def unreadable(self) -> int:
        """Return how many files could not be read."""
        return len(self._problems)

    def placed(self) -> Iterator[Result]:
        """Yield results with their best answer alone: enough to sort files by."""
        for at in range(len(self)):
            predictions = [{"label": label, "confidence": one} for label, one in self.best(at, 1)]
            yield {"path": self._paths[at], "predictions": predictions, "verdict": self._verdicts[at]}

    def _novelty(self, at: int) -> float | None:
        value = self._novelties[at]
        return None if value != value else value
