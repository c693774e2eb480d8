"""Pictures that the project keeps itself, because they are no file of the user's: pasted, from a camera or a zip."""

from contextlib import suppress
from pathlib import Path

from app.errors import InputError
from app.files import safe_name, write_bytes
from app.project.store import Store

KEPT_FOLDER = "kept-images"
MARK_LENGTH = 12  # letters of the content hash


def keep(folder: Path, path: Path, digest: str) -> Path:
    """Copy a picture into the project folder, once, and return its place; raises InputError."""
    target = folder / KEPT_FOLDER / f"{safe_name(path.stem)}-{digest[:MARK_LENGTH]}{path.suffix.lower()}"
    try:
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            write_bytes(target, path.read_bytes())
    except OSError as error:
        raise InputError(
            f"The picture could not be kept in “{target.parent}” ({error.strerror or error}).",
            "Make room there, or save the picture elsewhere and add that file.",
            str(error),
        ) from error
    return target


def find_kept(store: Store, folder: Path) -> None:
    """Let a project folder that was moved find what it keeps; called when it is opened."""
    place = folder.absolute() / KEPT_FOLDER
    if not place.is_dir():
        return
    sources = {Path(old): key for key, old in store.rows("SELECT id, folder FROM sources")}
    gone = [key for old, key in sources.items() if old.name == KEPT_FOLDER and not old.exists()]
    if len(gone) == 1 and place not in sources:
        with store.transaction() as transaction:
            transaction.execute("UPDATE sources SET folder = ? WHERE id = ?", [str(place), gone[0]])


def is_kept(path: Path, folder: Path) -> bool:
    """Tell whether an image is one that a project keeps."""
    with suppress(ValueError):
        return path.relative_to(folder.absolute()).parts[0] == KEPT_FOLDER
    return False
