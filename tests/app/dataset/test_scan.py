"""What is found in a folder, and what is left out."""

import os
import sys
from hashlib import blake2b
from pathlib import Path

import pytest

from app.dataset.scan import IMAGE_SUFFIXES, file_digest, scan_folder
from app.errors import InputError
from tests.hostile.images import write_hostile

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs links and any bytes in names")


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def labels(folder: Path) -> dict[str, tuple[str | None, str | None]]:
    return {image.relative: (image.label, image.split) for image in scan_folder(folder).images}


def test_the_first_folder_is_the_label(tmp_path: Path) -> None:
    write(tmp_path, "shirt/a.jpg", "shirt/deep/er/b.jpg", "dress/c.png", "loose.bmp")
    assert labels(tmp_path) == {
        "dress/c.png": ("dress", None),
        "loose.bmp": (None, None),
        "shirt/a.jpg": ("shirt", None),
        "shirt/deep/er/b.jpg": ("shirt", None),
    }


@pytest.mark.parametrize("name", ["validation", "val", "valid", "Valid"])
def test_split_folders_are_kept(tmp_path: Path, name: str) -> None:
    write(tmp_path, "train/shirt/a.jpg", f"{name}/shirt/b.jpg", "TEST/shirt/more/c.jpg", "test2/d.jpg", "train/e.jpg")
    assert labels(tmp_path) == {
        "TEST/shirt/more/c.jpg": ("shirt", "test"),
        "test2/d.jpg": ("test2", None),
        "train/e.jpg": (None, "train"),
        "train/shirt/a.jpg": ("shirt", "train"),
        f"{name}/shirt/b.jpg": ("shirt", "validation"),
    }


def test_classes_called_test_and_train_stay_classes(tmp_path: Path) -> None:
    write(tmp_path, "test/a.jpg", "train/b.jpg", "other/train/c.jpg")
    assert [image.label for image in scan_folder(tmp_path).images] == ["other", "test", "train"]
    assert {image.split for image in scan_folder(tmp_path).images} == {None}


def test_every_suffix_in_any_case(tmp_path: Path) -> None:
    for suffix in IMAGE_SUFFIXES:
        write(tmp_path, f"a/low{suffix}", f"a/HIGH{suffix.upper()}")
    write(tmp_path, "a/notes.txt", "a/jpg", "a/photo.jpg.part", "a/film.mp4")
    scan = scan_folder(tmp_path)
    assert len(scan.images) == 2 * len(IMAGE_SUFFIXES)
    assert not scan.skipped


def test_the_order_is_always_the_same(tmp_path: Path) -> None:
    write(tmp_path, "b/2.jpg", "b/1.jpg", "a-b/3.jpg", "a/9.jpg", "z.jpg")
    assert [image.relative for image in scan_folder(tmp_path).images] == [
        "a/9.jpg",
        "a-b/3.jpg",
        "b/1.jpg",
        "b/2.jpg",
        "z.jpg",
    ]


def test_size_and_time_are_told(tmp_path: Path) -> None:
    write(tmp_path, "a/1.jpg")
    os.utime(tmp_path / "a/1.jpg", ns=(5, 1_000_000_000))
    (image,) = scan_folder(tmp_path).images
    assert (image.path, image.size, image.modified_ns) == (tmp_path.resolve() / "a/1.jpg", 1, 1_000_000_000)


def test_hidden_and_own_files_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a/1.jpg", ".trash/2.jpg", "a/.3.jpg", "a/.deep/4.jpg")
    write(tmp_path, "project/project.sqlite", "project/cache/5.jpg", "export/bundle.json", "export/golden/6.png")
    scan = scan_folder(tmp_path)
    assert [image.relative for image in scan.images] == ["a/1.jpg"]
    assert not scan.skipped


def test_a_project_among_its_images(tmp_path: Path) -> None:
    write(tmp_path, "a/1.jpg", "project.sqlite", "cache/thumbnails/2.jpg", "runs/1/bundle/golden/3.png")
    assert list(labels(tmp_path)) == ["a/1.jpg"]


def test_empty_files_are_listed(tmp_path: Path) -> None:
    write(tmp_path, "a/1.jpg")
    (tmp_path / "a/empty.jpg").touch()
    (tmp_path / "a/empty.txt").touch()
    (skipped,) = scan_folder(tmp_path).skipped
    assert (skipped.path.name, skipped.reason) == ("empty.jpg", "The file is empty.")


def test_hostile_names(tmp_path: Path) -> None:
    files = write_hostile(tmp_path / "odd  class\tname")
    scan = scan_folder(tmp_path)
    assert {image.path.name for image in scan.images} == {name for name, file in files.items() if file.data}
    assert {image.label for image in scan.images} == {"odd class name"}


def test_labels_are_composed_alike(tmp_path: Path) -> None:
    write(tmp_path, "Gro\u0308\u00dfe/1.jpg", " Gr\u00f6\u00dfe/2.jpg", " /3.jpg")
    assert sorted(str(image.label) for image in scan_folder(tmp_path).images) == ["Gr\u00f6\u00dfe"] * 2 + ["unnamed"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_no_text_are_listed(tmp_path: Path) -> None:
    write(tmp_path, "a/1.jpg")
    (tmp_path / "a" / os.fsdecode(b"\xff\xfe.jpg")).write_bytes(b"x")
    scan = scan_folder(tmp_path)
    assert len(scan.images) == 1
    assert str(scan.skipped[0].path).encode().endswith(b"a/??.jpg")
    assert scan.skipped[0].reason == "Its name is not valid Unicode: rename it."


@POSIX
def test_links(tmp_path: Path) -> None:
    root, store = tmp_path / "root", tmp_path / "store"
    write(root, "a/1.jpg")
    write(store, "2.jpg", "more/3.jpg")
    (root / "linked").symlink_to(store)
    (root / "linked-again").symlink_to(store / "more")
    (root / "a/up").symlink_to(root)
    (root / "a/top").symlink_to("/")
    (root / "same").symlink_to(root / "a")
    (store / "more/back").symlink_to(root)
    (store / "more/around").symlink_to(store)
    (root / "a/file.jpg").symlink_to(store / "2.jpg")
    (root / "a/gone.jpg").symlink_to(store / "gone.jpg")
    (root / "a/self.jpg").symlink_to(root / "a/self.jpg")
    scan = scan_folder(root)
    assert [image.relative for image in scan.images] == [
        "a/1.jpg",
        "a/file.jpg",
        "linked/2.jpg",
        "linked/more/3.jpg",
    ]
    assert {skipped.path.name for skipped in scan.skipped} == {"gone.jpg", "self.jpg"}


@POSIX
def test_pipes_are_not_opened(tmp_path: Path) -> None:
    write(tmp_path, "a/1.jpg")
    os.mkfifo(tmp_path / "a/pipe.jpg")
    (skipped,) = scan_folder(tmp_path).skipped
    assert skipped.reason == "It is not an ordinary file."


def test_folders_that_cannot_be_read_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a/1.jpg", "secret/2.jpg")
    scandir = os.scandir

    def guarded(path: Path) -> object:
        if Path(path).name == "secret":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    scan = scan_folder(tmp_path)
    assert len(scan.images) == 1
    (skipped,) = scan.skipped
    assert skipped.reason == "The folder cannot be read (Permission denied)."


@POSIX
def test_very_deep_folders(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    for _ in range(150):
        folder = folder / "d"
        folder.mkdir()
    write(folder, "1.jpg")
    (image,) = scan_folder(tmp_path).images
    assert image.label == "a"


def test_there_must_be_images(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no folder") as caught:
        scan_folder(tmp_path / "gone")
    assert caught.value.hint
    with pytest.raises(InputError, match="There are no images in"):
        scan_folder(tmp_path)
    write(tmp_path, "a.jpg")
    with pytest.raises(InputError, match="is a file, not a folder"):
        scan_folder(tmp_path / "a.jpg")
    with pytest.raises(InputError):
        scan_folder(tmp_path / ("n" * 300))
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=r"no readable images .* 1 were skipped"):
        scan_folder(tmp_path)


def test_digests_are_of_the_content(tmp_path: Path) -> None:
    data = bytes(range(256)) * 9000
    (tmp_path / "a").write_bytes(data)
    assert file_digest(tmp_path / "a") == blake2b(data, digest_size=16).hexdigest()
    assert len(file_digest(tmp_path / "a")) == 32
    with pytest.raises(OSError, match="gone"):
        file_digest(tmp_path / "gone")
