"""Everything the window says in a box of its own."""

from collections.abc import Sequence

from PyQt5.QtCore import QCoreApplication
from PyQt5.QtWidgets import QMessageBox, QWidget

from app.errors import AppError
from app.logs import last_lines


def info(parent: QWidget | None, title: str, text: str) -> None:
    """Say something."""
    QMessageBox.information(parent, title, text)


def warn(parent: QWidget | None, title: str, text: str) -> None:
    """Warn of something."""
    QMessageBox.warning(parent, title, text)


def ask(parent: QWidget | None, title: str, question: str, action: str) -> bool:
    """Ask whether to go on; `action` names the button that does."""
    box = QMessageBox(QMessageBox.Icon.Question, title, question, QMessageBox.StandardButton.Cancel, parent)
    button = box.addButton(action, QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    box.exec_()
    return box.clickedButton() is button


def choose(parent: QWidget | None, title: str, question: str, choices: Sequence[str]) -> int | None:
    """Ask which of some buttons; return its number, the first being the default, or None if none."""
    box = QMessageBox(QMessageBox.Icon.Question, title, question, QMessageBox.StandardButton.Cancel, parent)
    buttons = [box.addButton(choice, QMessageBox.ButtonRole.AcceptRole) for choice in choices]
    box.setDefaultButton(buttons[0])
    box.exec_()
    return next((number for number, button in enumerate(buttons) if box.clickedButton() is button), None)


def error(parent: QWidget | None, problem: AppError) -> None:
    """Show a failure: the sentence, the hint, and the details folded away."""
    title = QCoreApplication.translate("messages", "That did not work")
    box = QMessageBox(QMessageBox.Icon.Warning, title, problem.message, QMessageBox.StandardButton.Ok, parent)
    box.setInformativeText(problem.hint)
    if problem.detail:
        box.setDetailedText(problem.detail)
    box.exec_()


def crash(parent: QWidget | None, trace: str) -> None:
    """Say that something went wrong inside the program; the labels are safe by then."""
    title = QCoreApplication.translate("messages", "Sightline made a mistake")
    text = QCoreApplication.translate(
        "messages", "Something went wrong inside the program. Your labels are saved; you can go on working."
    )
    box = QMessageBox(QMessageBox.Icon.Critical, title, text, QMessageBox.StandardButton.Ok, parent)
    box.setDetailedText(f"{trace}\n{last_lines()}")
    box.exec_()
