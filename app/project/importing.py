"""Add a folder of images to a project: only rows are written, the images stay as they are."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.dataset.scan import FoundImage, Scan, Skipped, file_digest, scan_folder
from app.errors import Cancelled
from app.project.records import CLASS_COLOURS, FOLDER, ImportResult
from app.project.store import Store, Transaction

OnCount = Callable[[int, int], None]
GONE = "The file is no longer there."
HASHING_THREADS = 4  # waiting for the disk, not computing
REPORT_EVERY = 100
# What is known of a file: id, size, time of change, digest.
KnownFile = tuple[int, int, int, str]


def import_folder(store: Store, folder: Path, on_count: OnCount, cancel: threading.Event) -> ImportResult:
    """Add new images with the label of their sub-folder; what the user changed since stays."""
    scan = scan_folder(folder)
    known = _known_files(store, scan.folder)
    changed = [image for image in scan.images if _changed(image, known.get(image.relative))]
    digests, unreadable = _digests(changed, on_count, cancel)
    added = [image for image in changed if image.relative not in known and image.relative in digests]
    with store.transaction() as transaction:
        source = _source_id(transaction, scan.folder)
        _insert(transaction, source, added, digests)
        _refresh(transaction, [image for image in changed if image.relative in known], known, digests)
        _mark_gone(transaction, known, scan)
    return ImportResult(len(added), len(scan.images) - len(added) - len(unreadable), (*scan.skipped, *unreadable))


def _known_files(store: Store, folder: Path) -> dict[str, KnownFile]:
    rows = store.rows(
        "SELECT name, images.id, size, modified_ns, digest FROM images "
        "JOIN sources ON sources.id = source_id WHERE folder = ?",
        [str(folder)],
    )
    return {name: tuple(rest) for name, *rest in rows}


def _changed(image: FoundImage, known: KnownFile | None) -> bool:
    return known is None or (image.size, image.modified_ns) != known[1:3]


def _digests(
    images: list[FoundImage], on_count: OnCount, cancel: threading.Event
) -> tuple[dict[str, str], list[Skipped]]:
    digests: dict[str, str] = {}
    unreadable: list[Skipped] = []
    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        for count, (image, digest) in enumerate(zip(images, pool.map(_digest_or_reason, images), strict=True), 1):
            if cancel.is_set():
                pool.shutdown(cancel_futures=True)
                raise Cancelled
            if isinstance(digest, Skipped):
                unreadable.append(digest)
            else:
                digests[image.relative] = digest
            if count % REPORT_EVERY == 0 or count == len(images):
                on_count(count, len(images))
    return digests, unreadable


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
