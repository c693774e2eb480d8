"""How words in other programs' files are read: labels, parts of the data, yes and no."""

import unicodedata

from app.errors import InputError

SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
YES = frozenset({"1", "true", "yes", "y", "x", "t", "1.0"})
NO = frozenset({"", "0", "false", "no", "n", "f", "0.0"})


def one_line(text: str) -> str:
    """Return a label or group without control characters and outer spaces, composed the same way on every system."""
    printable = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter for letter in text)
    return unicodedata.normalize("NFC", printable).strip()


def read_split(text: str) -> str:
    """Return "train", "validation", "test" or "" for none; raises InputError for any other word."""
    word = text.strip().lower()
    if word and word not in SPLIT_WORDS:
        raise InputError(f"“{text.strip()}” is not a part of the data (train, validation or test).")
    return SPLIT_WORDS.get(word, "")


def read_yes(text: str) -> bool:
    """Return what a word for yes or no says; raises InputError for any other word."""
    word = text.strip().lower()
    if word not in YES | NO:
        raise InputError(f"“{text.strip()}” is neither yes nor no.")
    return word in YES
