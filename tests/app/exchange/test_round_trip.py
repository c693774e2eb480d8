"""Import, export, import: the same labels, parts, groups and exclusion, in every format, whatever the names."""

import os
import tempfile
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.exchange.downloading import download
from app.exchange.exporters import EXPORTERS, FileExporter, export
from app.exchange.formats import EXCLUDES, GROUPS, LABELS, SEVERAL, SPLITS
from app.exchange.importers import IMPORTERS, understand
from app.exchange.preview import Entry, Preview
from app.exchange.words import one_line
from app.project.project import Project
from tests.app.exchange.data import known, png, put

AWKWARD = "aé日🦊 \"'`,;|&%#+=~()[]{}@!$^-_.\u00a0\u202e"
FORBIDDEN = "\t\n\r\\:*?<>" if os.name != "nt" else ""
FILE_NAMES = st.text(AWKWARD + FORBIDDEN, min_size=1, max_size=12).filter(lambda name: not name.startswith("."))
LABEL_TEXTS = st.text(AWKWARD + "/\\:*?<>", min_size=1, max_size=12).map(one_line).filter(bool)
# Labels that can be spelled as the name of a folder on every system.
FOLDER_TEXTS = st.text("abé日🦊'`,;&%#+=()_", min_size=1, max_size=12)


@st.composite
def data_sets(draw: st.DrawFn, format_name: str) -> list[tuple[str, Entry]]:
    """Draw file names, and of each image what the format can carry."""
    carries = IMPORTERS[format_name].format.carries
    in_folders = format_name in ("class-folders", "split-folders", "dedicated-test-images")
    label = FOLDER_TEXTS if in_folders else LABEL_TEXTS
    if format_name == "recipes-tsv":
        label = label.map(lambda text: text.replace(",", "")).map(str.strip).filter(bool)
    names = FILE_NAMES.map(lambda name: name.translate(dict.fromkeys(map(ord, "\t\n\r"), "_")))
    names = names if format_name == "recipes-tsv" else FILE_NAMES
    splits: list[str | None] = (
        ["train", "test"] if format_name == "dedicated-test-images" else [None, "train", "validation", "test"]
    )
    images = []
    for name in draw(st.lists(names, min_size=1, max_size=5, unique_by=str.casefold)):
        least = 1 if format_name == "dedicated-test-images" else 0
        labels = draw(st.lists(label, min_size=least, max_size=3 if SEVERAL in carries else 1, unique=True))
        images.append(
            (
                f"{name}.png",
                Entry(
                    Path(),
                    tuple(labels) if LABELS in carries else None,
                    draw(st.sampled_from(splits)) if SPLITS in carries else None,
                    draw(st.none() | LABEL_TEXTS) if GROUPS in carries else None,
                    draw(st.booleans()) if EXCLUDES in carries else None,
                ),
            )
        )
    return images


def export_from(project: Project, name: str, target: Path) -> Path:
    exporter = EXPORTERS[name]
    target = target.with_suffix(exporter.suffix) if isinstance(exporter, FileExporter) else target
    exported = export(project, name, target, False, lambda done, total: None, threading.Event())
    assert exported.problems == ()
    return target


@pytest.mark.parametrize("name", [name for name in EXPORTERS if name != "addresses"])
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_what_is_exported_is_imported_again(name: str, data: st.DataObject) -> None:
    images = data.draw(data_sets(name))
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text).resolve()
        entries = []
        for number, (file_name, entry) in enumerate(images):
            path = folder / "my photos" / f"{number % 2}" / file_name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png(number))
            entries.append(replace(entry, path=path))
        with Project.create(folder / "a", "A") as project:
            put(project, Preview("csv", folder / "given", tuple(entries)))
            given_at_first = known(project)
            target = export_from(project, name, folder / "first")
        with Project.create(folder / "b", "B") as project:
            preview = understand(target, name)
            assert preview.problems == ()
            put(project, preview)
            assert known(project) == given_at_first
            target = export_from(project, name, folder / "second")
        with Project.create(folder / "c", "C") as project:
            put(project, understand(target, name))
            assert known(project) == given_at_first


@settings(max_examples=20, deadline=None)
@given(labels=st.lists(st.lists(LABEL_TEXTS, max_size=3, unique=True), min_size=1, max_size=5))
def test_addresses_are_imported_exported_and_imported_again(labels: list[list[str]]) -> None:
    def fetch(url: str) -> bytes:
        return png(int(url.rsplit("=", 1)[1]))

    with tempfile.TemporaryDirectory() as text:
        folder = Path(text).resolve()
        lines = [
            f"{label}\thttp://example.org/{number % 2}/été.png?id={number}\n"
            for number, several in enumerate(labels)
            for label in several or [""]
        ]
        (folder / "list.tsv").write_text("".join(lines), encoding="utf-8")
        states = []
        path = folder / "list.tsv"
        for turn in ("one", "two"):
            with Project.create(folder / turn, turn) as project:
                preview = understand(path, "addresses")
                fetched = download(preview, folder / f"images {turn}", lambda *_: None, threading.Event(), fetch)
                assert fetched.problems == ()
                put(project, fetched)
                states.append(known(project))
                path = export_from(project, "addresses", folder / f"list {turn}")
        assert states[0] == states[1]
        assert Counter(state[0] for state in states[0].values()) == Counter(map(frozenset, labels))
        assert sorted(path.read_text(encoding="utf-8").splitlines(keepends=True)) == sorted(lines)


def test_every_format_goes_both_ways_and_says_what_it_carries() -> None:
    assert set(IMPORTERS) == set(EXPORTERS)
    for name, importer in IMPORTERS.items():
        assert importer.format is EXPORTERS[name].format
        assert importer.format.name == name
        assert LABELS in importer.format.carries


@pytest.mark.parametrize("name", [name for name, exporter in EXPORTERS.items() if name != "addresses"])
def test_an_export_is_recognised_as_what_it_is(name: str, tmp_path: Path) -> None:
    entries = []
    for number, (label, split) in enumerate([("cat", "train"), ("dog", "test"), ("cat", "test"), ("dog", "train")]):
        path = tmp_path / "photos" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png(number))
        entries.append(Entry(path, (label,), split))
    with Project.create(tmp_path / "p", "P") as project:
        put(project, Preview("csv", tmp_path, tuple(entries)))
        target = export_from(project, name, tmp_path / "out")
    assert understand(target).format == name
    assert understand(target).labels == {"cat": 2, "dog": 2}
