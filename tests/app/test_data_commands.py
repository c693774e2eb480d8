"""The commands import and export-data: their contract, their previews, and a sentence for what goes wrong."""

from pathlib import Path

import pytest

from app.exchange.importers import IMPORTERS
from app.project.project import Project
from tests.app.exchange.data import known_by_name, write_images
from tests.app.test_cli import keep_interrupt, run, sentence, value

__all__ = ["keep_interrupt"]  # a fixture


@pytest.fixture
def table(tmp_path: Path) -> Path:
    write_images(tmp_path / "photos", "1.png", "2.png")
    path = tmp_path / "labels.csv"
    path.write_text("image,label,split\nphotos/1.png,cat,train\nphotos/2.png,dog,\nphotos/3.png,dog,test\n")
    return path


def test_a_preview_writes_nothing(capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    answer = value(capsys, "import", table, "--preview")
    assert answer == {
        "format": "csv",
        "images": 2,
        "labels": {"cat": 1, "dog": 1},
        "unlabelled": 0,
        "splits": {"train": 1},
        "groups": 0,
        "excluded": 0,
        "downloads": 0,
        "problems": [{"where": "line 4", "reason": "There is no image “photos/3.png”."}],
    }
    code, lines, _ = run(capsys, "import", table, "--preview", "--project", tmp_path / "p")
    assert code == 0
    assert lines == [
        f"{table} is understood as csv: 2 images, nothing was written.",
        "  cat: 1",
        "  dog: 1",
        "Parts: 1 train",
        "Problems (1):",
        "  line 4: There is no image “photos/3.png”.",
    ]
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_imported_is_exported(capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path) -> None:
    answer = value(capsys, "import", table, "--project", tmp_path / "p")
    assert (answer["added"], answer["changed"], answer["skipped"], len(answer["problems"])) == (2, 2, 0, 1)
    with Project.open(tmp_path / "p") as project:
        assert project.name == "p"
        assert known_by_name(project)["1.png"] == ({"cat"}, "train", None, False)
    answer = value(capsys, "export-data", tmp_path / "p", "--format", "split-folders", "--to", tmp_path / "out")
    assert answer == {
        "format": "split-folders",
        "path": str(tmp_path / "out"),
        "images": 2,
        "carries": ["labels", "splits"],
        "problems": [],
    }
    assert sorted(one.relative_to(tmp_path / "out").as_posix() for one in (tmp_path / "out").rglob("*.png")) == [
        "dog/2.png",
        "train/cat/1.png",
    ]
    answer = value(capsys, "export-data", tmp_path / "p", "--format", "class-folders", "--to", tmp_path / "l", "--link")
    assert (tmp_path / "l" / "cat" / "1.png").samefile(tmp_path / "photos" / "1.png")


def test_the_format_can_be_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_images(tmp_path / "d", "train/cat/1.png", "test/cat/2.png")
    assert value(capsys, "import", tmp_path / "d", "--preview")["format"] == "split-folders"
    answer = value(capsys, "import", tmp_path / "d", "--preview", "--format", "class-folders")
    assert (answer["format"], answer["labels"]) == ("class-folders", {"test": 1, "train": 1})


def test_what_goes_wrong_is_a_sentence(capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path) -> None:
    assert "no project to import into" in sentence(capsys, "import", table)
    assert "There is no “" in sentence(capsys, "import", tmp_path / "nothing.csv", "--project", tmp_path / "p")
    (tmp_path / "gone.csv").write_text("image,label\ngone.png,cat\n")
    words = sentence(capsys, "import", tmp_path / "gone.csv", "--project", tmp_path / "p")
    assert "None of the images of “gone.csv” is there." in words
    assert "There is no image “gone.png”." in words
    (tmp_path / "urls.tsv").write_text("cat\thttp://a.example/1.jpg\n")
    assert "--to" in sentence(capsys, "import", tmp_path / "urls.tsv", "--project", tmp_path / "p")
    assert not (tmp_path / "p").exists()
    assert "no Sightline project" in sentence(
        capsys, "export-data", tmp_path / "p", "--format", "csv", "--to", tmp_path / "t.csv"
    )


@pytest.mark.parametrize("command", ["import", "export-data"])
def test_the_help_names_every_format(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit):
        run(capsys, command, "--help")
    words = "".join(capsys.readouterr().out.split())
    assert all(name in words for name in IMPORTERS)


def test_an_unknown_format_is_wrong_usage(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    with pytest.raises(SystemExit) as raised:
        run(capsys, "import", table, "--format", "xml")
    assert raised.value.code == 2
    assert "invalid choice" in capsys.readouterr().err
