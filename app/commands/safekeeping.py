"""Commands that keep a project safe: backup, restore, relink."""

import argparse
import threading
from dataclasses import asdict
from pathlib import Path

from app.commands.arguments import AddCommand
from app.commands.report import Report, skipped_values, with_skipped
from app.project.backup import back_up
from app.project.project import Project
from app.project.relink import relink as relink_images
from app.project.restore import restore as restore_project
from app.terminal import ProgressLine


def add_commands(add: AddCommand) -> None:
    """Add the commands to the command line."""
    backup_parser = add("backup", backup, "write labels, edits and runs of a project into one zip")
    backup_parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    backup_parser.add_argument("--to", metavar="FILE", type=Path, required=True, help="zip to write, or to replace")
    backup_parser.add_argument("--with-images", action="store_true", help="put copies of the images in, too")
    restore_parser = add("restore", restore, "make a project of a backup")
    restore_parser.add_argument("file", metavar="FILE", type=Path, help="zip that “backup” wrote")
    restore_parser.add_argument("--to", metavar="DIR", type=Path, required=True, help="new folder for the project")
    relink_parser = add("relink", relink, "find images of a project that were moved, by their content")
    relink_parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    relink_parser.add_argument("old", metavar="OLD", type=Path, nargs="?", help="folder they were in (default: any)")
    relink_parser.add_argument("new", metavar="NEW", type=Path, help="folder to look in, with all below it")


def backup(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Back a project up."""
    with Project.open(options.project.expanduser()) as project:
        file = options.to.expanduser().resolve()
        made = back_up(project, file, options.with_images, progress.counting("backup"), cancel)
    info = made.info
    kept = f"{info.images:,} images with their files" if info.with_images else f"the labels of {info.images:,} images"
    text = f"Backed up {kept} and {info.runs} runs to {made.file} ({made.size / 1e6:,.1f} MB)."
    values = {"file": str(made.file), "images": info.images, "runs": info.runs, "bytes": made.size}
    return Report(with_skipped(text, made.skipped), {**values, **skipped_values(made.skipped)})


def restore(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Make a project of a backup."""
    file, folder = options.file.expanduser().resolve(), options.to.expanduser().resolve()
    made = restore_project(file, folder, progress.counting("restore"), cancel)
    text = f"Restored “{made.name}” to {made.folder}: {made.images:,} images, {made.runs} runs."
    if made.image_files < made.images:
        text += (
            f"\nThe files of {made.images - made.image_files:,} images are not in the backup and are expected where "
            f"they were. If they have moved: main.py relink {made.folder} NEW_FOLDER"
        )
    values = {
        "project": str(made.folder),
        "name": made.name,
        "images": made.images,
        "image_files": made.image_files,
        "runs": made.runs,
    }
    return Report(text, values)


def relink(options: argparse.Namespace, progress: ProgressLine, cancel: threading.Event) -> Report:
    """Find moved images."""
    old = options.old and options.old.expanduser().resolve()
    with Project.open(options.project.expanduser()) as project:
        new = options.new.expanduser()
        found = relink_images(project, new, progress.counting("relink"), cancel, old)
    lines = [f"Found {found.found:,} images in {new}; {found.missing:,} are still missing."]
    if found.different:
        lines.append(f"{found.different:,} files of the same name show something else and were not taken.")
    if found.doubled:
        lines.append(f"{found.doubled:,} images had been added again; those have the labels now.")
    return Report("\n".join(lines), asdict(found))
