"""Add images to a project, whole folders or single files: only rows are written, the images stay as they are."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.dataset.scan import FoundImage, Scan, Skipped, file_digest, scan_folder
from app.errors import Cancelled
from app.project.records import CLASS_COLOURS, FOLDER, ImportResult
from app.project.store import Store, Transaction

OnCount = Callable[[int, int], None]
GONE = "The file is no longer there."
HASHING_THREADS = 4  # waiting for the disk, not computing
BATCH = 500  # images written at once: they are seen while the others are still being read
UNFINISHED = "unfinished"  # in `meta`, before a folder that is being added
# What is known of a file: id, size, time of change, digest.
KnownFile = tuple[int, int, int, str]


def import_folder(store: Store, folder: Path, on_count: OnCount, cancel: threading.Event) -> ImportResult:
    """Add new images with the label of their sub-folder; what the user changed since stays.

    Images are written a batch at a time, each before `on_count` tells of it. Raises InputError with nothing
    written, or Cancelled: then the batches before are kept, and the next call goes on after them.
    """
    scan = scan_folder(folder)
    known = _known_files(store, scan.folder)
    changed = [image for image in scan.images if _changed(image, known.get(image.relative))]
    unreadable: list[Skipped] = []
    added = 0
    with store.transaction() as transaction:
        source = _source_id(transaction, scan.folder)
        _mark_gone(transaction, known, scan)
        _note_unfinished(transaction, scan.folder)
    for count, batch in hash_batches(changed, cancel):
        digests = {image.relative: digest for image, digest in batch if isinstance(digest, str)}
        unreadable += [digest for _, digest in batch if isinstance(digest, Skipped)]
        new = [image for image, _ in batch if image.relative not in known and image.relative in digests]
        with store.transaction() as transaction:
            _insert(transaction, source, new, digests)
            _refresh(transaction, [image for image, _ in batch if image.relative in known], known, digests)
        added += len(new)
        on_count(count, len(changed))
    with store.transaction() as transaction:
        transaction.execute("DELETE FROM meta WHERE key = ?", [_unfinished_key(scan.folder)])
    return ImportResult(added, len(scan.images) - added - len(unreadable), (*scan.skipped, *unreadable))


def unfinished_folders(store: Store) -> list[Path]:
    """Return the folders whose import was cancelled or cut off."""
    rows = store.rows("SELECT value FROM meta WHERE key LIKE ? ORDER BY key", [f"{UNFINISHED} %"])
    return [Path(folder) for (folder,) in rows]


def _note_unfinished(transaction: Transaction, folder: Path) -> None:
    transaction.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", [_unfinished_key(folder), str(folder)]
    )


def _unfinished_key(folder: Path) -> str:
    return f"{UNFINISHED} {folder}"


def import_files(
    store: Store, folder: Path, names: Sequence[str], on_count: OnCount, cancel: threading.Event
) -> ImportResult:
    """Add single images of a folder, without labels; `names` are paths below it with slashes.

    Images that the project has already stay as they are. Raises Cancelled with nothing written.
    """
    known = _known_files(store, folder)
    found = [_stat(folder, name) for name in names if name not in known]
    images = [one for one in found if isinstance(one, FoundImage)]
    skipped = [one for one in found if isinstance(one, Skipped)]
    digests: dict[str, str] = {}
    for count, batch in hash_batches(images, cancel):
        digests.update((image.relative, digest) for image, digest in batch if isinstance(digest, str))
        skipped += [digest for _, digest in batch if isinstance(digest, Skipped)]
        on_count(count, len(images))
    with store.transaction() as transaction:
        added = [image for image in images if image.relative in digests]
        _insert(transaction, _source_id(transaction, folder), added, digests)
    return ImportResult(len(added), len(names) - len(found), tuple(skipped))


def _stat(folder: Path, name: str) -> FoundImage | Skipped:
    path = folder / name
    try:
        info = path.stat()
    except OSError as error:
        return Skipped(path, f"The file cannot be read ({error.strerror}).")
    if not info.st_size:
        return Skipped(path, "The file is empty.")
    return FoundImage(path, name, None, None, info.st_size, info.st_mtime_ns)


def _known_files(store: Store, folder: Path) -> dict[str, KnownFile]:
    rows = store.rows(
        "SELECT name, images.id, size, modified_ns, digest FROM images "
        "JOIN sources ON sources.id = source_id WHERE folder = ?",
        [str(folder)],
    )
    return {name: tuple(rest) for name, *rest in rows}


def _changed(image: FoundImage, known: KnownFile | None) -> bool:
    return known is None or (image.size, image.modified_ns) != known[1:3]


def hash_batches(
    images: Sequence[FoundImage], cancel: threading.Event
) -> Iterator[tuple[int, list[tuple[FoundImage, str | Skipped]]]]:
    """Yield how many images are done with the last of them and their digests, or why they have none."""
    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        for start in range(0, len(images), BATCH):
            some = images[start : start + BATCH]
            batch = []
            for image, digest in zip(some, pool.map(_digest_or_reason, some), strict=True):
                if cancel.is_set():
                    pool.shutdown(cancel_futures=True)
                    raise Cancelled
                batch.append((image, digest))
            yield start + len(batch), batch


def _digest_or_reason(image: FoundImage) -> str | Skipped:
    try:
        return file_digest(image.path)
    except OSError as error:
        return Skipped(image.path, f"The file cannot be read ({error.strerror}).")


def _source_id(transaction: Transaction, folder: Path) -> int:
    transaction.execute("INSERT OR IGNORE INTO sources (folder) VALUES (?)", [str(folder)])
    return int(transaction.execute("SELECT id FROM sources WHERE folder = ?", [str(folder)]).fetchone()[0])


def _insert(transaction: Transaction, source: int, images: list[FoundImage], digests: dict[str, str]) -> None:
    classes = _class_ids(transaction, sorted({image.label for image in images if image.label is not None}))
    for image in images:
        cursor = transaction.execute(
            "INSERT INTO images (source_id, name, size, modified_ns, digest, split) VALUES (?, ?, ?, ?, ?, ?)",
            [source, image.relative, image.size, image.modified_ns, digests[image.relative], image.split],
        )
        if image.label is not None:
            transaction.execute(
                "INSERT INTO labels (image_id, class_id, origin) VALUES (?, ?, ?)",
                [cursor.lastrowid, classes[image.label], FOLDER],
            )


def _class_ids(transaction: Transaction, names: Iterable[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for name in names:
        position = transaction.execute("SELECT coalesce(max(position), -1) + 1 FROM classes").fetchone()[0]
        transaction.execute(
            "INSERT OR IGNORE INTO classes (name, colour, position) VALUES (?, ?, ?)",
            [name, CLASS_COLOURS[position % len(CLASS_COLOURS)], position],
        )
        ids[name] = transaction.execute("SELECT id FROM classes WHERE name = ?", [name]).fetchone()[0]
    return ids


def _refresh(
    transaction: Transaction, images: list[FoundImage], known: dict[str, KnownFile], digests: dict[str, str]
) -> None:
    for image in images:
        if image.relative in digests:
            transaction.execute(
                "UPDATE images SET size = ?, modified_ns = ?, digest = ?, problem = NULL WHERE id = ?",
                [image.size, image.modified_ns, digests[image.relative], known[image.relative][0]],
            )


def _mark_gone(transaction: Transaction, known: dict[str, KnownFile], scan: Scan) -> None:
    present = {image.relative for image in scan.images}
    for name, (image_id, *_) in known.items():
        if name in present:
            transaction.execute("UPDATE images SET problem = NULL WHERE id = ? AND problem = ?", [image_id, GONE])
        else:
            transaction.execute("UPDATE images SET problem = ? WHERE id = ?", [GONE, image_id])
