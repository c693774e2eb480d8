"""Choose which images are kept together when they are divided for training and testing."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from PyQt5.QtCore import Qt, QTimer, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.dataset.grouping import FOLDER, NOTHING, PATTERN, TIME, Grouping
from app.divisions import Overview, overview
from app.errors import AppError
from app.project.records import ClassRow, ImageRow
from ui import theme
from ui.jobs import Task, run_in_pool

SIZE = (680, 640)
TYPING_MS = 250  # after the last key, before the preview follows
LONGEST_GAP_S = 86_400.0
MOST_NAMED = 4  # classes in a warning
LISTED = 200  # groups in the preview
NUMBER_ALIGNMENT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
EXAMPLE = r"^(\d+)_"
Rows = Callable[[], Sequence[ImageRow]]


class GroupsDialog(QDialog):
    """Shows what comes of a choice while it is made; only saving keeps it."""

    grouping_chosen = pyqtSignal(object)
    table_requested = pyqtSignal(object)  # a file with the columns image and group
    removal_requested = pyqtSignal()  # of the groups that came from tables

    def __init__(self, grouping: Grouping, rows: Rows, classes: Sequence[ClassRow], parent: QWidget | None = None):
        super().__init__(parent)
        self._rows, self._names = rows, {row.id: row.name for row in classes}
        self._taken: dict[Path, datetime | None] = {}
        self._task: Task | None = None
        self._timer = QTimer(self, singleShot=True, interval=TYPING_MS)
        self.setWindowTitle(self.tr("What is kept together"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE)
        self._make_parts()
        self._lay_out()
        self._show(grouping)
        self._connect()
        self.renew()

    def _make_parts(self) -> None:
        self.first = QLabel(self.tr("Copies and near-duplicates are always kept together. So are:"))
        self.ways = QButtonGroup(self)
        self.buttons: dict[str, QRadioButton] = {}
        for number, (way, title) in enumerate(
            (
                (NOTHING, self.tr("&Nothing else")),
                (FOLDER, self.tr("All images of one &folder")),
                (PATTERN, self.tr("Images whose names have the same &part")),
                (TIME, self.tr("P&hotos taken one soon after the other")),
            )
        ):
            self.buttons[way] = QRadioButton(title)
            self.ways.addButton(self.buttons[way], number)
        self.pattern = QLineEdit(EXAMPLE)
        self.pattern.setAccessibleName(self.tr("Pattern in the file name"))
        self.pattern.setToolTip(
            self.tr("A regular expression; what its brackets find names the group: ^(\\d+)_ finds 12 in 12_left.jpg.")
        )
        self.gap = QDoubleSpinBox()
        self.gap.setRange(0, LONGEST_GAP_S)
        self.gap.setDecimals(0)
        self.gap.setSuffix(self.tr(" s between groups"))
        self.gap.setAccessibleName(self.tr("Seconds between groups"))
        self.gap.setToolTip(self.tr("By the time that the camera wrote into the photos (EXIF)"))
        self.table = QPushButton(self.tr("Read groups from a &table…"), autoDefault=False)
        self.table.setToolTip(self.tr("CSV with the columns image and group, such as a patient or a video"))
        self.forget = QPushButton(self.tr("&Remove those groups"), autoDefault=False)
        self.own = QLabel(wordWrap=True)
        self.words = QLabel(wordWrap=True)
        self.groups = QTreeWidget()
        self.groups.setHeaderLabels([self.tr("Group"), self.tr("Images"), self.tr("Such as")])
        self.groups.headerItem().setTextAlignment(1, NUMBER_ALIGNMENT)
        self.groups.setRootIsDecorated(False)
        self.groups.setUniformRowHeights(True)
        self.groups.setAccessibleName(self.tr("The largest groups"))
        self.groups.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.groups.header().resizeSection(0, SIZE[0] // 3)
        self.note = QLabel(objectName="muted", wordWrap=True)
        self.note.setText(
            self.tr(
                "No group is divided between training and testing, so that no figure is better than it should be. New "
                "images join their group. With another choice the test images of the next run are drawn anew."
            )
        )
        self.box = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(theme.SPACE)
        for row, way in enumerate(self.buttons):
            grid.addWidget(self.buttons[way], row, 0)
        grid.addWidget(self.pattern, 2, 1)
        grid.addWidget(self.gap, 3, 1)
        grid.setColumnStretch(1, 1)
        own = QGridLayout()
        own.setSpacing(theme.SPACE)
        own.addWidget(self.own, 0, 0)
        own.addWidget(self.table, 0, 1)
        own.addWidget(self.forget, 0, 2)
        own.setColumnStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addWidget(self.first)
        layout.addLayout(grid)
        layout.addLayout(own)
        layout.addWidget(self.words)
        layout.addWidget(self.groups, 1)
        layout.addWidget(self.note)
        layout.addWidget(self.box)

    def _show(self, grouping: Grouping) -> None:
        self.buttons[grouping.by].setChecked(True)
        if grouping.pattern:
            self.pattern.setText(grouping.pattern)
        self.gap.setValue(grouping.gap_seconds)

    def _connect(self) -> None:
        self.ways.buttonClicked.connect(self.renew)
        self.pattern.textEdited.connect(self._on_pattern_edited)
        self.gap.valueChanged.connect(self._on_gap_changed)
        self._timer.timeout.connect(self.renew)
        self.table.clicked.connect(self._on_table_clicked)
        self.forget.clicked.connect(self.removal_requested)
        self.box.accepted.connect(self._on_accepted)
        self.box.rejected.connect(self.reject)

    def grouping(self) -> Grouping:
        """Return the choice as it stands."""
        by = next(way for way, button in self.buttons.items() if button.isChecked())
        return Grouping(by, self.pattern.text() if by == PATTERN else "", self.gap.value())

    # -- what comes of it

    @pyqtSlot()
    def renew(self) -> None:
        """Count the groups of the choice as it stands, in the background."""
        self._timer.stop()
        self.pattern.setEnabled(self.buttons[PATTERN].isChecked())
        self.gap.setEnabled(self.buttons[TIME].isChecked())
        rows = self._rows()
        own = sum(row.group is not None for row in rows)
        self.own.setText(
            self.tr("{0:,} images have a group from a table, too.").format(own)
            if own
            else self.tr("Groups of your own, such as patients, count as well.")
        )
        self.forget.setVisible(own > 0)
        if self._task is not None:
            self._task.cancel()
        self.box.button(QDialogButtonBox.StandardButton.Save).setEnabled(False)
        self._task = run_in_pool(overview, self.grouping(), rows, self._taken, on_done=self._on_counted)

    def _on_counted(self, found: Overview | AppError) -> None:
        self._task = None
        self.groups.clear()
        if isinstance(found, AppError):
            self._say(f"{found.message} {found.hint}", "bad")
            return
        self.box.button(QDialogButtonBox.StandardButton.Save).setEnabled(True)
        for one in found.groups[:LISTED]:
            item = QTreeWidgetItem([one.name, f"{one.images:,}", ", ".join(one.files)])
            item.setTextAlignment(1, NUMBER_ALIGNMENT)
            item.setToolTip(0, one.name)
            item.setToolTip(2, "\n".join(one.files))
            self.groups.addTopLevelItem(item)
        self._say(*self._words(found))

    def _words(self, found: Overview) -> tuple[str, str]:
        """Say how many groups there are; a class in one piece cannot be tested, which is a warning."""
        if found.undivided:
            names = ", ".join(f"“{self._names.get(one, '?')}”" for one in found.undivided[:MOST_NAMED])
            if len(found.undivided) > MOST_NAMED:
                names = self.tr("{0} and {1:,} more").format(names, len(found.undivided) - MOST_NAMED)
            text = self.tr("All images of {0} are in one group: what is in one piece cannot be both learnt and tested.")
            return text.format(names), "warning"
        if not found.groups:
            return self.tr("No images are in a group; near-duplicates are found while training."), ""
        text = self.tr("{0:,} groups with {1:,} of {2:,} images; the largest has {3:,}.")
        return text.format(len(found.groups), found.grouped, found.images, found.groups[0].images), ""

    def _say(self, text: str, kind: str) -> None:
        self.words.setText(text)
        self.words.setObjectName(kind)
        self.words.style().polish(self.words)

    # -- choices

    @pyqtSlot()
    def _on_pattern_edited(self) -> None:
        self.box.button(QDialogButtonBox.StandardButton.Save).setEnabled(False)
        self._timer.start()

    @pyqtSlot()
    def _on_gap_changed(self) -> None:
        self._on_pattern_edited()

    @pyqtSlot()
    def _on_table_clicked(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Choose a table of groups"), "", self.tr("Tables (*.csv *.tsv);;All files (*)")
        )
        if name:
            self.table_requested.emit(Path(name))

    @pyqtSlot()
    def _on_accepted(self) -> None:
        self.grouping_chosen.emit(self.grouping())
        self.accept()

    def done(self, result: int) -> None:
        """Forget what is being counted."""
        if self._task is not None:
            self._task.cancel()
        super().done(result)
