"""Zips: images come out, nothing leaves the cache, and a bad zip is one sentence."""

import io
import threading
import zipfile
from pathlib import Path

import pytest

from app.dataset import archive
from app.dataset.archive import KEPT, ZIPS_FOLDER, original, unpack
from app.dataset.decode import read_image
from app.dataset.gathering import gather
from app.errors import Cancelled, InputError
from app.files import cache_folder
from tests.hostile.images import encoded, plain

PNG = encoded(".png", plain())


def packed(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as stream:
        for name, data in files.items():
            stream.writestr(name, data)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        unpack(path, threading.Event())
    assert caught.value.hint
    assert caught.value.message.startswith(("“", "There"))
    assert "\n" not in caught.value.message
    return caught.value.message


def test_images_come_out_and_keep_their_names(tmp_path: Path) -> None:
    names = ["a/one.png", "a/Größe.PNG", "two.png", "a/notes.txt", "__MACOSX/a/._one.png", ".hidden/three.png"]
    file = packed(tmp_path / "photos.zip", dict.fromkeys(names, PNG))
    files, skipped = unpack(file, threading.Event())
    assert skipped == []
    assert [original(path) for path in files] == [file / "a/one.png", file / "a/Größe.PNG", file / "two.png"]
    assert all(path.is_relative_to(cache_folder() / ZIPS_FOLDER) for path in files)
    assert all(read_image(path).shape == (6, 10, 3) for path in files)
    assert list(tmp_path.iterdir()) == [file]


def test_the_same_zip_is_unpacked_once_and_to_the_same_place(tmp_path: Path) -> None:
    file = packed(tmp_path / "photos.zip", {"one.png": PNG})
    (first,), _ = unpack(file, threading.Event())
    before = first.stat().st_mtime_ns
    (second,), _ = unpack(file, threading.Event())
    assert (first, before) == (second, second.stat().st_mtime_ns)


def test_old_zips_leave_the_cache(tmp_path: Path) -> None:
    for number in range(KEPT + 2):
        unpack(packed(tmp_path / f"{number}.zip", {"one.png": PNG}), threading.Event())
    assert len(list((cache_folder() / ZIPS_FOLDER).iterdir())) == KEPT


@pytest.mark.parametrize(
    "name",
    ["../../out.png", "/etc/out.png", "..\\..\\out.png", "C:\\out.png", "a/../../../out.png", "//host/share/out.png"],
)
def test_no_name_leads_out_of_the_cache(tmp_path: Path, name: str) -> None:
    files, _ = unpack(packed(tmp_path / "evil.zip", {name: PNG}), threading.Event())
    (home,) = {path.relative_to(cache_folder() / ZIPS_FOLDER).parts[0] for path in files}
    assert all(path.resolve().is_relative_to((cache_folder() / ZIPS_FOLDER / home).resolve()) for path in files)
    assert files[0].read_bytes() == PNG
    assert not list(tmp_path.rglob("out.png"))


def test_names_that_collide_or_are_not_portable_are_told_apart(tmp_path: Path) -> None:
    names = [
        "A/x.png",
        "a/X.png",
        "a:b/x?.png",
        "a_b/x_.png",
        "CON.png",
        "A/x.png/y.png",
        ".zip.json",
        f"{'n' * 300}.png",
    ]
    files, skipped = unpack(packed(tmp_path / "names.zip", dict.fromkeys(names, PNG)), threading.Event())
    assert len({str(path).casefold() for path in files}) == len(names) - 2
    assert [one.path.name for one in skipped] == ["y.png"]  # a file and a folder of one name


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SMALL", 1 << 20)
    file = packed(tmp_path / "bomb.zip", {"zeros.bmp": bytes(8 << 20)})
    assert file.stat().st_size < 20_000
    assert "far more than photos would" in refusal(file)
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    assert "too much" in refusal(packed(tmp_path / "many.zip", {f"{one}.png": PNG for one in range(3)}))


def test_an_entry_that_lies_about_its_size_is_left_out(tmp_path: Path) -> None:
    data = bytearray(packed(tmp_path / "lies.zip", {"a.png": bytes(5000), "b.png": PNG}).read_bytes())
    for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):  # its length: in front of it, and in the list
        at = data.index(signature) + offset
        data[at : at + 4] = (100).to_bytes(4, "little")
    (tmp_path / "lies.zip").write_bytes(data)
    files, skipped = unpack(tmp_path / "lies.zip", threading.Event())
    assert [path.name for path in files] == ["b.png"]
    assert "damaged inside the zip" in skipped[0].reason


def test_bad_zips_are_one_sentence(tmp_path: Path) -> None:
    good = packed(tmp_path / "good.zip", {"one.png": PNG}).read_bytes()
    for data in (b"", b"no zip", good[:40], good[:-30], b"PK\5\6" + bytes(5)):
        (tmp_path / "bad.zip").write_bytes(data)
        assert "is damaged, or no zip" in refusal(tmp_path / "bad.zip")
    assert "no images" in refusal(packed(tmp_path / "texts.zip", {"a.txt": b"words"}))
    assert "no images" in refusal(packed(tmp_path / "empty.zip", {}))
    locked = bytearray(good)
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(signature) + offset] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    assert "locked with a password" in refusal(tmp_path / "locked.zip")


def test_a_damaged_image_is_listed_and_the_others_come(tmp_path: Path) -> None:
    data = bytearray(packed(tmp_path / "half.zip", {"bad.png": PNG, "good.png": PNG}, 0).read_bytes())
    data[data.index(PNG) + 20] ^= 255
    (tmp_path / "half.zip").write_bytes(data)
    for _ in range(2):  # also when it is unpacked already
        files, skipped = unpack(tmp_path / "half.zip", threading.Event())
        assert [path.name for path in files] == ["good.png"]
        assert skipped[0].path == tmp_path / "half.zip" / "bad.png"


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    file = packed(tmp_path / "photos.zip", {"one.png": PNG})
    before = set((cache_folder() / ZIPS_FOLDER).glob("*"))
    with pytest.raises(Cancelled):
        unpack(file, stop)
    assert set((cache_folder() / ZIPS_FOLDER).glob("*")) <= before


def test_files_folders_and_zips_are_gathered_in_order(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.png").write_bytes(PNG)
    (tmp_path / "empty").mkdir()
    file = packed(tmp_path / "photos.zip", {"c.png": PNG})
    asked = [tmp_path / "a.png", tmp_path / "empty", tmp_path / "folder", file]
    files, skipped = gather(asked, threading.Event())
    assert [path.name for path in files] == ["a.png", "b.png", "c.png"]
    assert [one.path for one in skipped] == [tmp_path / "empty"]
    with pytest.raises(InputError, match="no images"):
        gather([tmp_path / "empty"], threading.Event())


def test_a_file_that_only_is_called_zip_is_read_as_what_it_is(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as inner:
        inner.writestr("one.png", PNG)
    (tmp_path / "photos.png").write_bytes(stream.getvalue())
    files, _ = gather([tmp_path / "photos.png"], threading.Event())
    assert files == [tmp_path / "photos.png"]
