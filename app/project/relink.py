"""Find images that were moved: each is known by the hash of its content, wherever it lies and whatever its name."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from app.dataset.scan import FoundImage, Scan, scan_folder
from app.errors import Cancelled, InputError
from app.project.annotating import Change
from app.project.importing import GONE, OnCount, hash_batches
from app.project.project import Project
from app.project.records import HUMAN
from app.project.store import Store

OTHER_CONTENT = "The file found in its place shows something else: add its folder again to take it."
SAMPLE = 20  # images looked at to tell whether a folder was moved
CHECK_EVERY = 1000


@dataclass(frozen=True)
class MovedFolder:
    """A folder whose images are not where they were, and how many it had."""

    folder: Path
    images: int


@dataclass(frozen=True)
class Relinked:
    """How many images were found, are still missing, or had other content.

    `doubled` images had been added anew from where they are now: those have the labels.
    """

    found: int
    missing: int
    different: int
    doubled: int


@dataclass(frozen=True)
class _Missing:
    id: int
    source: int
    name: str
    size: int
    digest: str
    problem: str | None


@dataclass(frozen=True)
class _Source:
    id: int
    folder: str
    missing: tuple[_Missing, ...]
    images: int


def moved_folders(project: Project) -> list[MovedFolder]:
    """Return the folders of whose images none in a sample is there; images known to be gone do not count."""
    moved: list[MovedFolder] = []
    for key, folder in project.store.rows("SELECT id, folder FROM sources ORDER BY id"):
        count = project.store.value("SELECT count(*) FROM images WHERE source_id = ? AND problem IS NOT ?", [key, GONE])
        names = project.store.rows(
            "SELECT name FROM images WHERE source_id = ? AND problem IS NOT ? ORDER BY id % max(1, ? / ?) LIMIT ?",
            [key, GONE, count, SAMPLE, SAMPLE],
        )
        if count and not any(_is_file(Path(folder, name)) for (name,) in names):
            moved.append(MovedFolder(Path(folder), count))
    return moved


def relink(
    project: Project, folder: Path, on_count: OnCount, cancel: threading.Event, old: Path | None = None
) -> Relinked:
    """Look for missing images below a folder and remember where they are, as one edit.

    `old` looks only for those of this folder. `on_count` is called with the files compared and in all. Raises
    InputError where no image is missing or there is none in the folder, or Cancelled; then nothing is changed.
    """
    sources = _sources(project.store, old, cancel)
    if not any(source.missing for source in sources):
        raise InputError("No image is missing: all are where they were.", "There is nothing to find.")
    scan = scan_folder(folder)
    sizes = {image.size for source in sources for image in source.missing}
    files = [file for file in scan.images if file.size in sizes]
    digests: dict[str, str] = {}
    for count, batch in hash_batches(files, cancel):
        digests.update((file.relative, digest) for file, digest in batch if isinstance(digest, str))
        on_count(count, len(files))
    plan = _Plan(project.store, scan, _Files(files, digests))
    for source in sources:
        plan.add(source)
    project.edits.make(_title(plan.found, scan.folder), plan.changes)
    missing = sum(len(source.missing) for source in sources) - plan.found - plan.different - plan.doubled
    return Relinked(plan.found, missing, plan.different, plan.doubled)


def _title(count: int, folder: Path) -> str:
    images = "1 image" if count == 1 else f"{count:,} images"
    return f"{images} found in {folder.name}"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _sources(store: Store, old: Path | None, cancel: threading.Event) -> list[_Source]:
    """List the sources with what is missing of each; raises InputError where `old` is none of them."""
    sources = []
    for key, folder in store.rows("SELECT id, folder FROM sources ORDER BY id"):
        if old is not None and Path(folder) != old:
            continue
        rows = store.rows("SELECT id, name, size, digest, problem FROM images WHERE source_id = ?", [key])
        missing = []
        for count, (image, name, size, digest, problem) in enumerate(rows):
            if count % CHECK_EVERY == 0 and cancel.is_set():
                raise Cancelled
            if not _is_file(Path(folder, name)):
                missing.append(_Missing(image, key, name, size, digest, problem))
        sources.append(_Source(key, folder, tuple(missing), len(rows)))
    if old is not None and not sources:
        known = "\n".join(folder for (folder,) in store.rows("SELECT folder FROM sources"))
        raise InputError(f"The project has no images from “{old}”.", f"It has images from: {known}")
    return sources


class _Files:
    """Files by their content; each is handed out once."""

    def __init__(self, files: Iterable[FoundImage], digests: dict[str, str]):
        self._named: dict[tuple[str, str], list[FoundImage]] = defaultdict(list)
        self._all: dict[str, list[FoundImage]] = defaultdict(list)
        self._taken: set[str] = set()
        for file in files:
            if file.relative in digests:
                digest = digests[file.relative]
                self._named[digest, file.path.name].append(file)
                self._all[digest].append(file)

    def take(self, image: _Missing, any_name: bool) -> FoundImage | None:
        """Return the file with an image's content whose path ends most like the image's."""
        name = PurePosixPath(image.name)
        files = self._all[image.digest] if any_name else self._named[image.digest, name.name]
        free = [file for file in files if file.relative not in self._taken]
        if not free:
            return None
        best = max(free, key=lambda file: _common_end(PurePosixPath(file.relative).parts, name.parts))
        self._taken.add(best.relative)
        return best


def _common_end(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Return how many of the last parts of two paths are alike."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((count for count, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


class _Plan:
    """The changes of one edit: whole folders where they moved as a whole, single images otherwise."""

    def __init__(self, store: Store, scan: Scan, files: _Files):
        self.changes: list[Change] = []
        self.found = self.different = self.doubled = 0
        self._store = store
        self._scan = scan
        self._files = files
        self._target: int | None = None
        self._folders = {folder for (folder,) in store.rows("SELECT folder FROM sources")}
        rows = store.rows("SELECT images.id, folder, name FROM images JOIN sources ON sources.id = source_id")
        self._taken = {str(Path(folder, name)): key for key, folder, name in rows}
        self._present = {str(image.path) for image in scan.images}

    def add(self, source: _Source) -> None:
        """Work out what became of one source's missing images."""
        matches = {image: self._files.take(image, any_name=False) for image in source.missing}
        for image, file in matches.items():
            matches[image] = file or self._files.take(image, any_name=True)
        root = self._new_root(source, matches)
        if root is not None:
            self.changes.append(("sources", source.id, source.folder, str(root)))
            self._folders.add(str(root))
        for image, file in matches.items():
            if file is not None:
                self._found(image, file, stays=root is not None and file.path == root / image.name)
            elif root is not None and str(root / image.name) in self._present:
                self.different += 1
                self.changes.append(("problem", image.id, image.problem, OTHER_CONTENT))

    def _new_root(self, source: _Source, matches: dict[_Missing, FoundImage | None]) -> Path | None:
        """Return where the source's folder lies now, if all of it is gone and most of it was found there."""
        if len(source.missing) < source.images:
            return None
        free = ((image, file) for image, file in matches.items() if file and str(file.path) not in self._taken)
        roots = Counter(root for image, file in free if (root := _root(file.path, image.name)))
        root, count = roots.most_common(1)[0] if roots else (None, 0)
        if root is None or 2 * count < source.images or str(root) in self._folders:
            return None
        return root if root.is_relative_to(self._scan.folder) else None  # what lies beside it was not looked at

    def _found(self, image: _Missing, file: FoundImage, stays: bool) -> None:
        other = self._taken.get(str(file.path))
        if other is not None:
            self._hand_over(image, other)
            return
        self.found += 1
        self._taken[str(file.path)] = image.id
        if not stays:
            self.changes.append(("place", image.id, [image.source, image.name], [self._source_id(), file.relative]))
        if image.problem in (GONE, OTHER_CONTENT):
            self.changes.append(("problem", image.id, image.problem, None))

    def _hand_over(self, image: _Missing, other: int) -> None:
        """Give the labels to the image of the same file, which was added anew, unless that has been labelled."""
        self.doubled += 1
        mine, theirs = (self._labels(key) for key in (image.id, other))
        if mine and mine != theirs and all(origin != HUMAN for _, origin in theirs):
            self.changes.append(("labels", other, theirs, mine))
        if image.problem != GONE:
            self.changes.append(("problem", image.id, image.problem, GONE))

    def _labels(self, key: int) -> list[list[Any]]:
        return [list(row) for row in self._store.rows("SELECT class_id, origin FROM labels WHERE image_id = ?", [key])]

    def _source_id(self) -> int:
        """Return the id of the folder, which is entered if need be; without images it means nothing."""
        if self._target is None:
            folder = str(self._scan.folder)
            with self._store.transaction() as transaction:
                transaction.execute("INSERT OR IGNORE INTO sources (folder) VALUES (?)", [folder])
            self._target = int(self._store.value("SELECT id FROM sources WHERE folder = ?", [folder]))
        return self._target


def _root(path: Path, name: str) -> Path | None:
    """Return the folder below which a file has this name, or None if it has another."""
    root = path
    for part in reversed(PurePosixPath(name).parts):
        if root.name != part:
            return None
        root = root.parent
    return root
