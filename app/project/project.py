"""A project folder: the database, the cache and the runs, held by one process at a time."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from app.dataset.grouping import Grouping
from app.errors import Cancelled, ProjectError
from app.files import data_folder, lock_folder, path_mark, safe_name
from app.project.edits import KEYS_AT_ONCE, Edits
from app.project.importing import OnCount, import_files, import_folder, unfinished_folders
from app.project.kept import find_kept
from app.project.records import ClassRow, ImageRow, ImportResult, RunRow
from app.project.runs import Runs
from app.project.store import FILE_NAME, Store

POLL_S = 0.05


class Project:
    """An open project; safe to use from several threads, and a context manager."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._lock = lock_folder(folder)
        try:
            self.store = Store(folder)
            find_kept(self.store, folder)
        except BaseException:
            self._lock.release()
            raise
        self.edits = Edits(self.store)
        self.run_log = Runs(self.store, folder)
        self.run_log.mark_interrupted()
        self._feature_writer = threading.Lock()

    @classmethod
    def create(cls, folder: Path, name: str) -> "Project":
        """Make a new project; raises ProjectError where there is one already or nothing can be written."""
        if (folder / FILE_NAME).exists():
            raise ProjectError(f"There is already a project in “{folder}”.", "Open it, or choose another folder.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProjectError(
                f"The project folder “{folder}” cannot be made.", "Choose another place.", str(error)
            ) from error
        project = cls(folder)
        with project.store.transaction() as transaction:
            transaction.execute("INSERT INTO meta (key, value) VALUES ('name', ?)", [name])
        return project

    @classmethod
    def open(cls, folder: Path) -> "Project":
        """Open a project; raises ProjectError where there is none, or it is in use, newer or damaged."""
        if not is_project(folder):
            raise ProjectError(f"There is no Sightline project in “{folder}”.", "Check the path.")
        return cls(folder)

    def close(self) -> None:
        """Close the database and let others open the project."""
        self.store.close()
        self._lock.release()

    def __enter__(self) -> "Project":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """Return the project's name."""
        return str(self.store.value("SELECT value FROM meta WHERE key = 'name'") or self.folder.name)

    @property
    def several_labels(self) -> bool:
        """Tell whether an image may have several labels."""
        return bool(self.store.value("SELECT 1 FROM meta WHERE key = 'several labels'"))

    def allow_several_labels(self, allowed: bool) -> None:
        """Let an image have several labels, or only one from now on; labels that are there stay."""
        with self.store.transaction() as transaction:
            transaction.execute("DELETE FROM meta WHERE key = 'several labels'")
            if allowed:
                transaction.execute("INSERT INTO meta (key, value) VALUES ('several labels', '1')")

    @property
    def grouping(self) -> Grouping:
        """Return how images are grouped, so that no group is both trained and tested on."""
        text = self.store.value("SELECT value FROM meta WHERE key = 'grouping'")
        return Grouping() if text is None else Grouping.from_json(json.loads(text))

    def set_grouping(self, grouping: Grouping) -> None:
        """Group images in this way from now on; raises InputError for a way that is none."""
        grouping.check()
        with self.store.transaction() as transaction:
            transaction.execute("DELETE FROM meta WHERE key = 'grouping'")
            transaction.execute(
                "INSERT INTO meta (key, value) VALUES ('grouping', ?)", [json.dumps(grouping.to_json())]
            )

    @property
    def cache(self) -> Path:
        """Return the folder of thumbnails and features; it may be deleted while the project is closed.

        Where it cannot be made, thumbnails are done without, and training says why.
        """
        folder = self.folder / "cache"
        with suppress(OSError):
            folder.mkdir(exist_ok=True)
        return folder

    @contextmanager
    def writing_features(self, cancel: threading.Event) -> Iterator[None]:
        """Wait until no other thread has the feature cache filled, which takes one writer; raises Cancelled."""
        while not self._feature_writer.acquire(timeout=POLL_S):
            if cancel.is_set():
                raise Cancelled
        try:
            yield
        finally:
            self._feature_writer.release()

    def add_folder(self, folder: Path, on_count: OnCount, cancel: threading.Event) -> ImportResult:
        """Add or refresh a folder of images, a batch at a time; raises InputError, or Cancelled (see importing)."""
        return import_folder(self.store, folder, on_count, cancel)

    def unfinished_folders(self) -> list[Path]:
        """Return the folders whose import was cancelled or cut off; adding them again goes on with it."""
        return unfinished_folders(self.store)

    def add_images(
        self, folder: Path, names: Sequence[str], on_count: OnCount, cancel: threading.Event
    ) -> ImportResult:
        """Add single images by their paths below a folder, unlabelled; raises Cancelled with nothing written."""
        return import_files(self.store, folder, names, on_count, cancel)

    def sources(self) -> list[Path]:
        """Return the folders that images were added from."""
        return [Path(folder) for (folder,) in self.store.rows("SELECT folder FROM sources ORDER BY id")]

    def images(self) -> list[ImageRow]:
        """Return all images, ordered by source and name."""
        return self._images("GROUP BY images.id ORDER BY source_id, name")

    def images_after(self, image_id: int) -> list[ImageRow]:
        """Return the images that were added after one, in the order they were added."""
        return self._images("WHERE images.id > ? GROUP BY images.id", [image_id])

    def readable_files(self) -> list[tuple[Path, str]]:
        """Return path and content hash of every image that is not known to be unreadable."""
        rows = self.store.rows(
            "SELECT folder, name, digest FROM images JOIN sources ON sources.id = source_id "
            "WHERE problem IS NULL ORDER BY source_id, name"
        )
        return [(Path(folder, name), digest) for folder, name, digest in rows]

    def image_count(self) -> int:
        """Return how many images there are, usable or not."""
        return int(self.store.value("SELECT count(*) FROM images"))

    def usable_counts(self) -> dict[str, int]:
        """Return by class the number of images with this label alone that are neither excluded nor unreadable."""
        rows = self.store.rows(
            "SELECT classes.name, count(DISTINCT images.id) FROM images "
            "JOIN labels ON image_id = images.id JOIN classes ON classes.id = class_id "
            "WHERE NOT excluded AND problem IS NULL "
            "AND (SELECT count(*) FROM labels AS own WHERE own.image_id = images.id) = 1 "
            "GROUP BY classes.id ORDER BY position"
        )
        return dict(rows)

    @property
    def has_own_test_part(self) -> bool:
        """Tell whether the user made a test part that would be tested on."""
        return bool(
            self.store.value("SELECT 1 FROM images WHERE split = 'test' AND NOT excluded AND problem IS NULL LIMIT 1")
        )

    def images_of(self, image_ids: Sequence[int]) -> list[ImageRow]:
        """Return the images of these ids, in the order of their ids."""
        rows: list[ImageRow] = []
        for start in range(0, len(image_ids), KEYS_AT_ONCE):
            some = image_ids[start : start + KEYS_AT_ONCE]
            rows += self._images(f"WHERE images.id IN ({','.join('?' * len(some))}) GROUP BY images.id", some)
        return rows

    def _images(self, clause: str, values: Sequence[int] = ()) -> list[ImageRow]:
        rows = self.store.rows(
            "SELECT images.id, folder, name, digest, group_concat(class_id), min(origin), split, user_group, excluded, "
            "problem, modified_ns "
            "FROM images JOIN sources ON sources.id = source_id LEFT JOIN labels ON image_id = images.id "
            f"{clause}",
            values,
        )
        return [
            ImageRow(
                key,
                Path(folder, name),
                name,
                digest,
                tuple(int(one) for one in labels.split(",")) if labels else (),
                origin,
                split,
                group,
                bool(excluded),
                problem,
                modified_ns,
            )
            for key, folder, name, digest, labels, origin, split, group, excluded, problem, modified_ns in rows
        ]

    def set_problems(self, problems: Mapping[int, str | None]) -> None:
        """Remember why images could not be read, or that they could after all."""
        with self.store.transaction() as transaction:
            transaction.execute_many(
                "UPDATE images SET problem = ? WHERE id = ?", [(text, key) for key, text in problems.items()]
            )

    def classes(self) -> list[ClassRow]:
        """Return the classes in the user's order, each with its number of images."""
        rows = self.store.rows(
            "SELECT id, name, colour, position, shortcut, (SELECT count(*) FROM labels WHERE class_id = classes.id) "
            "FROM classes ORDER BY position, id"
        )
        return [ClassRow(*row) for row in rows]

    def runs(self) -> list[RunRow]:
        """Return the training runs, the newest first."""
        return self.run_log.all()

    def run_folder(self, number: int) -> Path:
        """Return the folder of a run."""
        return self.run_log.folder(number)

    def best_run(self) -> RunRow | None:
        """Return the finished run with the highest test accuracy."""
        return self.run_log.best()


def is_project(folder: Path) -> bool:
    """Tell whether a folder holds a project."""
    return (folder / FILE_NAME).is_file()


def default_project_folder(images: Path) -> Path:
    """Return where the project of an image folder is kept unless the user says otherwise."""
    path = images.expanduser().resolve()
    return data_folder() / "projects" / f"{safe_name(path.name)}-{path_mark(path)}"


def open_or_create(folder: Path, name: str) -> Project:
    """Open the project in a folder, or make one there."""
    return Project.open(folder) if is_project(folder) else Project.create(folder, name)
