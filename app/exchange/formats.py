"""What a format is called, and what of a project it can carry."""

from dataclasses import dataclass

LABELS = "labels"
SEVERAL = "several labels"  # of one image
SPLITS = "splits"
GROUPS = "groups"
EXCLUDES = "excludes"
EVERYTHING = frozenset({LABELS, SEVERAL, SPLITS, GROUPS, EXCLUDES})


@dataclass(frozen=True)
class Format:
    """A format; what is not in `carries` is lost in it, and `note` says in a sentence what else there is to know."""

    name: str
    title: str
    carries: frozenset[str]
    note: str = ""
