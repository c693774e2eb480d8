"""What was understood of a file or folder, and what was not."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from app.exchange.preview import Preview
from ui import theme

MOST_PROBLEMS = 1000  # rows; a table of more helps nobody
NUMBER_ALIGNMENT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class ImportPreview(QWidget):
    """Counts of labels, parts, groups and exclusion above, problems below."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.summary = QLabel(wordWrap=True)
        self.counts = _table([self.tr("Understood"), self.tr("Images")], self.tr("What was understood"))
        self.counts.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.counts.horizontalHeaderItem(1).setTextAlignment(NUMBER_ALIGNMENT)
        self.problem_title = QLabel()
        self.problems = _table([self.tr("Where"), self.tr("Why it is left out")], self.tr("Problems"))
        self.problems.horizontalHeader().setStretchLastSection(True)
        self.problems.setWordWrap(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.summary)
        layout.addWidget(self.counts, 3)
        layout.addWidget(self.problem_title)
        layout.addWidget(self.problems, 2)
        self.say("")

    def say(self, words: str) -> None:
        """Show a sentence and empty the tables."""
        self.summary.setText(words)
        _fill(self.counts, [])
        self._show_problems([])

    def show_preview(self, preview: Preview) -> None:
        """Show everything that was understood."""
        words = self.tr("{0} images with {1} labels.").format(f"{preview.images:,}", f"{len(preview.labels):,}")
        if preview.downloads:
            words += " " + self.tr("They are downloaded first, from the addresses in the file.")
        self.summary.setText(words)
        rows = [(self.tr("Label “{0}”").format(label), f"{count:,}") for label, count in preview.labels.items()]
        parts = {
            "train": self.tr("Training part"),
            "validation": self.tr("Validation part"),
            "test": self.tr("Test part"),
        }
        rows += [(parts[part], f"{count:,}") for part, count in preview.splits.items()]
        for title, count in (
            (self.tr("Unlabelled"), preview.unlabelled),
            (self.tr("Excluded"), preview.excluded),
            (self.tr("In {0} groups").format(f"{preview.groups:,}"), preview.grouped),
        ):
            if count:
                rows.append((title, f"{count:,}"))
        _fill(self.counts, rows)
        for row in range(len(rows)):
            self.counts.item(row, 1).setTextAlignment(NUMBER_ALIGNMENT)
        self._show_problems([(one.where, one.reason) for one in preview.problems])

    def _show_problems(self, rows: Sequence[tuple[str, str]]) -> None:
        for part in (self.problem_title, self.problems):
            part.setVisible(bool(rows))
        title = self.tr("Lines or files that cannot be used: {0}").format(f"{len(rows):,}")
        if len(rows) > MOST_PROBLEMS:
            title += " " + self.tr("(the first {0} are listed)").format(f"{MOST_PROBLEMS:,}")
        self.problem_title.setText(title)
        _fill(self.problems, rows[:MOST_PROBLEMS])
        self.problems.resizeColumnToContents(0)
        self.problems.setColumnWidth(0, min(self.problems.columnWidth(0), self.problems.width() // 2))


def _table(titles: Sequence[str], name: str) -> QTableWidget:
    table = QTableWidget(0, len(titles))
    table.setHorizontalHeaderLabels(titles)
    for column in range(len(titles)):
        table.horizontalHeaderItem(column).setTextAlignment(
            int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        )
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setTabKeyNavigation(False)
    table.setAccessibleName(name)
    return table


def _fill(table: QTableWidget, rows: Sequence[tuple[str, str]]) -> None:
    table.setRowCount(len(rows))
    for row, cells in enumerate(rows):
        for column, text in enumerate(cells):
            item = QTableWidgetItem(" ".join(text.split("\n")))
            item.setToolTip(text)
            table.setItem(row, column, item)
