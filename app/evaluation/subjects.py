"""What was measured and can be reviewed: runs, all images by cross-validation, and models on other folders."""

from dataclasses import dataclass
from pathlib import Path

from app.errors import ProjectError
from app.evaluation.report import FILE_NAME
from app.files import path_mark, read_json, safe_name, write_json
from app.project.project import Project
from app.project.records import DONE

CROSS_VALIDATION_FOLDER, TESTS_FOLDER = "cross-validation", "tests"
TEST_FILE = "test.json"
FORMAT = 1


@dataclass(frozen=True)
class Subject:
    """A thing that was measured; `folder` is where its figures are stored.

    `run` is whose model answered, None for cross-validation; `data` the folder of images it was tried on, None for
    the project's own; not `labelled` where nothing could be measured there.
    """

    folder: Path
    run: int | None = None
    data: Path | None = None
    labelled: bool = True

    @property
    def out_of_fold(self) -> bool:
        """Tell whether each image was predicted by models that had learnt from the others."""
        return self.run is None


def run_subject(project: Project, number: int) -> Subject:
    """Return a run, measured on its test images."""
    return Subject(project.run_folder(number), number)


def cross_validation_subject(project: Project) -> Subject:
    """Return the last cross-validation; its folder may not be there yet."""
    return Subject(project.folder / CROSS_VALIDATION_FOLDER)


def new_test(project: Project, number: int, data: Path, labelled: bool) -> Subject:
    """Note that a run's model is tried on a folder, and return what was noted; it replaces the last time."""
    folder = project.run_folder(number) / TESTS_FOLDER / f"{safe_name(data.name)}-{path_mark(data)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        name = str(data).encode("utf-8", "replace").decode()  # a folder may have any bytes for a name
        write_json(folder / TEST_FILE, {"format": FORMAT, "folder": name, "labelled": labelled})
    except OSError as error:
        raise ProjectError(f"The folder “{folder}” cannot be written.", "Check the disk.", str(error)) from error
    return Subject(folder, number, data, labelled)


def subjects(project: Project) -> list[Subject]:
    """Return everything that can be reviewed: runs, the newest first, each with its tests, then cross-validation."""
    found: list[Subject] = []
    for run in project.runs():
        if run.state == DONE:
            found += [run_subject(project, run.number), *_tests(project, run.number)]
    crossed = cross_validation_subject(project)
    return [*found, *([crossed] if (crossed.folder / FILE_NAME).is_file() else [])]


def _tests(project: Project, number: int) -> list[Subject]:
    found = []
    for file in sorted((project.run_folder(number) / TESTS_FOLDER).glob(f"*/{TEST_FILE}")):
        try:
            values = read_json(file)
            found.append(Subject(file.parent, number, Path(values["folder"]), bool(values["labelled"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # half written, or by hand: it can be done again
    return found
