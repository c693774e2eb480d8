"""What is understood of other programs' files: each format's own example, and what is wrong in them, by line."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from app.errors import Cancelled, InputError
from app.exchange.importers import IMPORTERS, detect, understand
from app.exchange.preview import Preview
from app.project.records import FOLDER, HUMAN
from tests.app.exchange.data import write_images


def said(preview: Preview) -> dict[str, tuple[Any, ...]]:
    return {one.path.name: (one.labels, one.split, one.group, one.excluded) for one in preview.entries}


def problems(preview: Preview) -> list[tuple[str, str]]:
    return [(one.where, one.reason) for one in preview.problems]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding, newline="")
    return path


def test_class_folders_are_flattened(tmp_path: Path) -> None:
    write_images(tmp_path, "cat/1.png", "cat/deep/deeper/2.png", "dog/3.png", "loose.png")
    preview = understand(tmp_path)
    assert (preview.format, preview.origin, preview.folder) == ("class-folders", FOLDER, tmp_path.resolve())
    assert preview.labels == {"cat": 2, "dog": 1}
    assert said(preview)["2.png"] == (("cat",), None, None, None)
    assert said(preview)["loose.png"] == (None, None, None, None)
    assert preview.unlabelled == 1


def test_split_folders_are_parts(tmp_path: Path) -> None:
    write_images(tmp_path, "train/cat/1.png", "val/dog/2.png", "Test/cat/deep/3.png")
    preview = understand(tmp_path)
    assert preview.format == "split-folders"
    assert preview.splits == {"test": 1, "train": 1, "validation": 1}
    assert said(preview)["3.png"][:2] == (("cat",), "test")


def test_a_file_in_a_folder_that_cannot_be_used_is_a_problem(tmp_path: Path) -> None:
    write_images(tmp_path, "cat/1.png")
    (tmp_path / "cat" / "empty.png").touch()
    assert problems(understand(tmp_path)) == [("cat/empty.png", "The file is empty.")]


def test_a_table_says_everything(tmp_path: Path) -> None:
    write_images(tmp_path, "a/1.png", "a/2.png", '3, or "so".png')
    table = write(
        tmp_path / "labels.csv",
        "image,label,split,group,exclude\r\n"
        "a/1.png,cat,Train,p1,0\r\na/1.png,pet,Train,p1,no\r\na\\2.png,,val,,yes\r\n"
        '"3, or ""so"".png",dog,,p1,\r\n',
    )
    preview = understand(table)
    assert (preview.format, preview.origin) == ("csv", HUMAN)
    assert problems(preview) == []
    assert said(preview) == {
        "1.png": (("cat", "pet"), "train", "p1", False),
        "2.png": ((), "validation", "", True),
        '3, or "so".png': (("dog",), "", "p1", False),
    }
    assert (preview.images, preview.groups, preview.excluded, preview.unlabelled) == (3, 1, 1, 1)


def test_what_a_table_does_not_say_stays(tmp_path: Path) -> None:
    write_images(tmp_path, "1.png")
    assert said(understand(write(tmp_path / "t.csv", "filename,class\n1.png,cat\n")))["1.png"] == (
        ("cat",),
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("image;label\n1.png;a, b\n", "utf-8"),
        ('\ufeffimage,label\n1.png,"a, b"\n', "utf-8"),
        ('image,label\r\n1.png,"a, b"\r\n', "utf-16"),
        ('1.png,"a, b"\n', "utf-8"),
    ],
)
def test_a_table_of_a_spreadsheet_is_read(tmp_path: Path, text: str, encoding: str) -> None:
    write_images(tmp_path, "1.png")
    assert said(understand(write(tmp_path / "t.csv", text, encoding)))["1.png"][0] == ("a, b",)


def test_the_problems_of_a_table_are_told_by_line(tmp_path: Path) -> None:
    write_images(tmp_path, "1.png", "2.png")
    (tmp_path / "notes.pdf").write_bytes(b"x")
    text = (
        "image,label,split,exclude\n1.png,cat,train,0\ngone.png,cat,train,0\n2.png,dog,holdout,0\n2.png,dog,,maybe\n"
        "notes.pdf,cat,,\n,cat,,\n1.png,dog,test,0\n\n" + "x" * 300 + ".png,cat,,\n"
    )
    preview = understand(write(tmp_path / "t.csv", text))
    assert said(preview) == {"1.png": (("cat", "dog"), "train", None, False)}
    assert problems(preview)[:-1] == [
        ("line 3", "There is no image “gone.png”."),
        ("line 4", "“holdout” is not a part of the data (train, validation or test)."),
        ("line 5", "“maybe” is neither yes nor no."),
        ("line 6", "“notes.pdf” is not a kind of image that Sightline reads."),
        ("line 7", "No image is named."),
        ("line 8", "Two lines disagree on the part of the data of “1.png”; the first counts."),
    ]
    assert problems(preview)[-1][0] == "line 10"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "in no format"),
        (b"a,b\n1,2\n", "names no column of images"),
        (b"image,label\n", "names no images"),
        (b"image,label\n\xff\xfe\xff.png,x\n", "not text in UTF-8"),
        (b"\x00\x01\x02,", "names no column of images"),
    ],
)
def test_a_table_that_is_none_is_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(InputError, match=words):
        understand(tmp_path / "t.csv")


def test_the_table_of_the_recipes_is_read(tmp_path: Path) -> None:
    write_images(tmp_path, "1.jpg", "2.jpg", "3.jpg")
    text = "IM_FILENAME\tEXCLUDE\tLABELS\n1.jpg\tFalse\tcan,carton\n2.jpg\tTrue\t\n3.jpg\tTrue\ngone.jpg\tFalse\tcan\n"
    preview = understand(write(tmp_path / "annotations.txt", text))
    assert preview.format == "recipes-tsv"
    assert said(preview) == {
        "1.jpg": (("can", "carton"), None, None, False),
        "2.jpg": ((), None, None, True),
        "3.jpg": ((), None, None, True),
    }
    assert problems(preview) == [("line 5", "There is no image “gone.jpg”.")]


def test_the_tutorials_test_images_are_read(tmp_path: Path) -> None:
    write_images(tmp_path, "dotted/1.jpg", "dotted/2.jpg", "striped/3.jpg")
    write(tmp_path / "dedicatedTestImages.tsv", "Dotted\t1.JPG\r\nstriped\tgone.jpg\r\n")
    for path in (tmp_path, tmp_path / "dedicatedTestImages.tsv"):
        preview = understand(path)
        assert preview.format == "dedicated-test-images"
        assert [(one.labels, one.split) for one in preview.entries] == [
            (("dotted",), "test"),
            (("dotted",), "train"),
            (("striped",), "train"),
        ]
        assert problems(preview) == [("dedicatedTestImages.tsv, line 2", "There is no image “striped/gone.jpg”.")]


def test_a_list_of_addresses_downloads_nothing(tmp_path: Path) -> None:
    text = "dotted\thttp://a.example/1.jpg\nstriped\thttps://a.example/2.jpg\nleopard\thttp://a.example/1.jpg\n"
    text += "x\tfile:///etc/passwd\nno tab\nx\thttp://\nx\tftp://a.example/1.jpg\n"
    preview = understand(write(tmp_path / "urls.tsv", text))
    assert preview.format == "addresses"
    assert [(one.url, one.labels) for one in preview.downloads] == [
        ("http://a.example/1.jpg", ("dotted", "leopard")),
        ("https://a.example/2.jpg", ("striped",)),
    ]
    assert [where for where, _ in problems(preview)] == ["line 4", "line 5", "line 6", "line 7"]
    assert preview.images == 2
    assert list(tmp_path.iterdir()) == [tmp_path / "urls.tsv"]


def test_hugging_faces_folders_are_read(tmp_path: Path) -> None:
    write_images(tmp_path, "train/1.png", "train/sub/2.png", "test/3.png", "csv/1.png")
    write(
        tmp_path / "train" / "metadata.jsonl",
        '{"file_name": "1.png", "label": "cat"}\n{"file_name": "sub/2.png", "labels": ["cat", 7], "group": 5}\noops\n',
    )
    write(tmp_path / "test" / "metadata.jsonl", '{"file_name": "3.png", "text": "a photo"}\n')
    preview = understand(tmp_path)
    assert preview.format == "huggingface-jsonl"
    assert [(one.labels, one.split, one.group) for one in preview.entries] == [
        (None, "test", None),
        (("cat",), "train", None),
        (("cat", "7"), "train", "5"),
    ]
    assert problems(preview) == [("metadata.jsonl, line 3", "The line is not a JSON object.")]
    table = write(tmp_path / "csv" / "metadata.csv", "file_name,label,split\n1.png,cat,test\n")
    assert (understand(table).format, understand(tmp_path / "csv").format) == ("huggingface-csv", "huggingface-csv")
    assert understand(table).splits == {"test": 1}


def test_label_studios_tasks_are_read(tmp_path: Path) -> None:
    write_images(tmp_path, "a b/1.png", "2.png", "3.png", "4.png")

    def task(image: str, *choices: list[str], **more: object) -> dict[str, Any]:
        results = [[{"type": "choices", "value": {"choices": one}}] for one in choices]
        return {"data": {"image": image, **more}, "annotations": [{"result": result} for result in results]}

    skipped = task("4.png", ["x"])
    skipped["annotations"][0]["was_cancelled"] = True
    tasks = [
        task("/data/local-files/?d=a%20b/1.png", ["old"], ["cat", "pet"], split="test", group="p", exclude=True),
        task("/data/upload/1/0a1b2c3d-2.png", []),
        task("3.png"),
        skipped,
        task("s3://bucket/5.png", ["cat"]),
        {"data": {"text": "no image"}},
        5,
    ]
    preview = understand(write(tmp_path / "export.json", json.dumps(tasks)))
    assert preview.format == "label-studio"
    assert said(preview) == {
        "1.png": (("cat", "pet"), "test", "p", True),
        "2.png": ((), None, None, None),
        "3.png": (None, None, None, None),
        "4.png": (None, None, None, None),
    }
    assert [where for where, _ in problems(preview)] == ["task 5", "task 6", "task 7"]
    short = [{"id": 9, "image": "3.png", "choice": "cat"}, {"image": "4.png", "choice": {"choices": ["a", "b"]}}]
    assert said(understand(write(tmp_path / "min.json", json.dumps(short)))) == {
        "3.png": (("cat",), None, None, None),
        "4.png": (("a", "b"), None, None, None),
    }


def test_flags_are_labels(tmp_path: Path) -> None:
    write_images(tmp_path, "1.png", "sub/2.png", "3.png")
    value = {"version": "5.0.1", "flags": {"cat": True, "dog": False}, "shapes": [], "imagePath": "1.png"}
    write(tmp_path / "1.json", json.dumps(value))
    write(tmp_path / "sub" / "2.json", json.dumps({**value, "imagePath": "C:\\moved\\2.png", "flags": {"dog": True}}))
    write(tmp_path / "3.json", json.dumps({**value, "imagePath": "3.png", "flags": {}}))
    write(tmp_path / "gone.json", json.dumps({**value, "imagePath": "gone.png"}))
    write(tmp_path / "other.json", "[]")
    preview = understand(tmp_path)
    assert preview.format == "labelme"
    assert {name: labels for name, (labels, *_) in said(preview).items()} == {
        "1.png": ("cat",),
        "2.png": ("dog",),
        "3.png": None,
    }
    assert problems(preview) == [
        ("gone.json", "There is no image “gone.png”."),
        ("other.json", "It is not a file of labelme's or X-AnyLabeling's."),
    ]
    one = write(tmp_path / "1.json", json.dumps({**value, "text": ""}))
    assert understand(one).format == "x-anylabeling"
    assert said(understand(one))["1.png"][0] == ("cat",)


@pytest.mark.parametrize("name", IMPORTERS)
@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 50, b"{", b"[[[[", b"null", b"[1, 2]", b"\xff\xfe\x00", b"a\tb\tc\n" * 3]
)
def test_no_format_is_surprised_by_any_file(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    try:
        preview = understand(tmp_path / "file", name)
    except InputError as error:
        assert error.message  # noqa: PT017 - a sentence is one of two good endings
    else:
        assert preview.entries == ()
        assert preview.problems != ()


@pytest.mark.parametrize("name", IMPORTERS)
def test_no_format_is_surprised_by_an_empty_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        understand(tmp_path, name)


def test_deep_json_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not valid JSON"):
        understand(write(tmp_path / "deep.json", "[" * 100_000), "label-studio")


def test_what_is_missing_or_unknown_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no “"):
        understand(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="in no format"):
        detect(write(tmp_path / "letter.docx", "hello"))


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    write_images(tmp_path, "cat/1.png")
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        understand(tmp_path, None, cancel)
