"""The classes with key, colour, count and share of the labels: choose one to filter, change them by the menu."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QPoint, QSize, Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QColor, QIcon, QPainter, QPixmap
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLabel,
    QMenu,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.project.records import CLASS_COLOURS, ClassRow
from ui import messages, theme
from ui.image_filter import (
    ACCEPTED,
    ALL,
    BY_HAND,
    EXCLUDED,
    FROM_FOLDER,
    SEVERAL,
    TEST,
    TRAIN,
    UNLABELLED,
    UNREADABLE,
    VALIDATION,
    Filter,
)

PROBLEMS = (EXCLUDED, UNREADABLE)  # listed where there are any; other kinds where they are some, but not all
KEYS = 9  # classes with a number key
DOT = 12
KEY, COUNT, SHARE = 1, 2, 3  # the columns after the title
FILTER_ROLE = Qt.ItemDataRole.UserRole
LOOKS_ROLE = Qt.ItemDataRole.UserRole + 1


class ClassList(QWidget):
    """Says which images to show and how classes shall change."""

    filter_chosen = pyqtSignal(object)
    add_requested = pyqtSignal(str)
    rename_requested = pyqtSignal(int, str)
    recolour_requested = pyqtSignal(int, str)
    merge_requested = pyqtSignal(int, int)
    delete_requested = pyqtSignal(int)
    move_requested = pyqtSignal(int, int)
    key_requested = pyqtSignal(int, str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._classes: list[ClassRow] = []
        self._chosen: Filter = Filter()
        self._list = QTreeWidget(columnCount=4, rootIsDecorated=False, headerHidden=True, uniformRowHeights=True)
        self._list.setAccessibleName(self.tr("Classes"))
        self._list.setIconSize(QSize(DOT, DOT))
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self._list.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(1)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (KEY, COUNT, SHARE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self._add = QPushButton(self.tr("Add class…"))
        self._change = QPushButton(self.tr("Change…"))
        self._change.setAccessibleDescription(
            self.tr("Rename, recolour, move, merge or delete the chosen class, or give it a key")
        )
        self._lay_out()
        self._list.currentItemChanged.connect(self._on_list_current_item_changed)
        self._list.customContextMenuRequested.connect(self._on_list_menu_requested)
        self._add.clicked.connect(self._on_add_clicked)
        self._change.clicked.connect(self._on_change_clicked)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(QLabel(self.tr("Show"), objectName="heading"))
        layout.addWidget(self._list, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self._add)
        buttons.addWidget(self._change)
        layout.addLayout(buttons)

    def show_classes(self, classes: Sequence[ClassRow], counts: dict[str, int], chosen: Filter) -> None:
        """List the kinds of images with their counts, then the classes; `chosen` is what the grid shows."""
        self._classes = list(classes)
        self._chosen = Filter(chosen.kind, chosen.class_id)
        entries = [*self._kind_entries(counts), *self._class_entries(classes)]
        self._list.blockSignals(True)
        if len(entries) != self._list.topLevelItemCount():
            self._list.clear()
            self._list.addTopLevelItems([QTreeWidgetItem() for _ in entries])
        for position, entry in enumerate(entries):
            item = self._list.topLevelItem(position)
            _fill(item, entry)
            if chosen.listed is None and entry.filter == self._chosen and item is not self._list.currentItem():
                self._list.setCurrentItem(item)
        if chosen.listed is not None:  # so that each entry leads away from what was found
            self._list.setCurrentItem(None)
        self._list.blockSignals(False)
        self._change.setEnabled(self._chosen.class_id is not None)

    def _kind_entries(self, counts: dict[str, int]) -> Iterator["_Entry"]:
        for kind, title in (
            (ALL, self.tr("All images")),
            (UNLABELLED, self.tr("Unlabelled")),
            (EXCLUDED, self.tr("Excluded")),
            (UNREADABLE, self.tr("Unreadable")),
            (FROM_FOLDER, self.tr("From the folder")),
            (BY_HAND, self.tr("Labelled by you")),
            (ACCEPTED, self.tr("Accepted")),
            (SEVERAL, self.tr("Several labels")),
            (TRAIN, self.tr("Part: training")),
            (VALIDATION, self.tr("Part: validation")),
            (TEST, self.tr("Part: test")),
        ):
            told = counts[kind] > 0 if kind in PROBLEMS else 0 < counts[kind] < counts[ALL]
            if kind in (ALL, UNLABELLED, self._chosen.kind) or told:
                yield _Entry(title, "", counts[kind], Filter(kind))

    def _class_entries(self, classes: Sequence[ClassRow]) -> Iterator["_Entry"]:
        labels = sum(row.images for row in classes)
        for number, row in enumerate(classes, 1):
            number_key = str(number) if number <= KEYS else ""
            key = "  ".join(one for one in (number_key, row.shortcut) if one)
            tip = self.tr("Press {0} to label the selected images").format(key) if key else ""
            part = row.images / labels if labels else 0.0
            share = _Share(f"{part:.0%}", self.tr("{0:.1%} of all labels").format(part))
            yield _Entry(row.name, key, row.images, Filter(class_id=row.id), row.colour, tip, share)

    @pyqtSlot(QTreeWidgetItem, QTreeWidgetItem)
    def _on_list_current_item_changed(self, item: QTreeWidgetItem | None, before: QTreeWidgetItem | None) -> None:
        if item is not None:
            self._chosen = item.data(0, FILTER_ROLE)
            self._change.setEnabled(self._chosen.class_id is not None)
            self.filter_chosen.emit(self._chosen)

    @pyqtSlot()
    def _on_add_clicked(self) -> None:
        name, accepted = QInputDialog.getText(self, self.tr("Add class"), self.tr("Name of the new class:"))
        if accepted:
            self.add_requested.emit(name)

    @pyqtSlot()
    def _on_change_clicked(self) -> None:
        self._show_menu(self._change.mapToGlobal(QPoint(0, 0)))

    @pyqtSlot(QPoint)
    def _on_list_menu_requested(self, position: QPoint) -> None:
        self._show_menu(self._list.viewport().mapToGlobal(position))

    def _show_menu(self, where: QPoint) -> None:
        chosen = next((row for row in self._classes if row.id == self._chosen.class_id), None)
        if chosen is None:
            return
        menu = QMenu(self)
        rename = menu.addAction(self.tr("Rename “{0}”…").format(chosen.name))
        recolour = menu.addAction(self.tr("Other colour…"))
        key = menu.addAction(self.tr("Key…"))
        up, down = menu.addAction(self.tr("Move up")), menu.addAction(self.tr("Move down"))
        up.setEnabled(chosen.id != self._classes[0].id)
        down.setEnabled(chosen.id != self._classes[-1].id)
        merge = menu.addMenu(self.tr("Merge into"))
        targets = {merge.addAction(row.name): row.id for row in self._classes if row.id != chosen.id}
        merge.setEnabled(bool(targets))
        delete = menu.addAction(self.tr("Delete…"))
        action = menu.exec_(where)
        if action is rename:
            self._rename(chosen)
        elif action is recolour:
            self._recolour(chosen)
        elif action is key:
            self._ask_for_key(chosen)
        elif action in (up, down):
            self.move_requested.emit(chosen.id, -1 if action is up else 1)
        elif action is delete:
            self._delete(chosen)
        elif action in targets:
            self.merge_requested.emit(chosen.id, targets[action])

    def _rename(self, row: ClassRow) -> None:
        title, question = self.tr("Rename class"), self.tr("New name:")
        name, accepted = QInputDialog.getText(self, title, question, text=row.name)
        if accepted:
            self.rename_requested.emit(row.id, name)

    def _ask_for_key(self, row: ClassRow) -> None:
        question = self.tr("A letter or digit that labels as “{0}”; empty for none:").format(row.name)
        key, accepted = QInputDialog.getText(self, self.tr("Key of a class"), question, text=row.shortcut or "")
        if accepted:
            self.key_requested.emit(row.id, key)

    def _recolour(self, row: ClassRow) -> None:
        for place, proposed in enumerate(CLASS_COLOURS):
            QColorDialog.setCustomColor(place, QColor(proposed))
        colour = QColorDialog.getColor(QColor(row.colour), self, self.tr("Colour of {0}").format(row.name))
        if colour.isValid():
            self.recolour_requested.emit(row.id, colour.name())

    def _delete(self, row: ClassRow) -> None:
        question = self.tr("Delete the class “{0}”? Its {1} images become unlabelled. Undo brings it back.")
        if messages.ask(
            self, self.tr("Delete class"), question.format(row.name, row.images), self.tr("Delete the class")
        ):
            self.delete_requested.emit(row.id)


@dataclass(frozen=True)
class _Share:
    text: str = ""
    tip: str = ""


@dataclass(frozen=True)
class _Entry:
    title: str
    key: str
    count: int
    filter: Filter
    colour: str | None = None
    tip: str = ""
    share: _Share = _Share()


def _fill(item: QTreeWidgetItem, entry: _Entry) -> None:
    """Show an entry in a line; only its count and share, if nothing else is new."""
    item.setText(COUNT, f"{entry.count:,}")
    item.setText(SHARE, entry.share.text)
    item.setToolTip(SHARE, entry.share.tip)
    looks = (entry.title, entry.key, entry.filter, entry.colour)
    if item.data(0, LOOKS_ROLE) == looks:
        return
    item.setData(0, LOOKS_ROLE, looks)
    item.setData(0, FILTER_ROLE, entry.filter)
    item.setText(0, entry.title)
    item.setText(KEY, f"[{entry.key}]" if entry.key else "")
    item.setIcon(0, _dot(entry.colour))
    item.setToolTip(0, entry.title)
    item.setToolTip(KEY, entry.tip)
    for column in (COUNT, SHARE):
        item.setTextAlignment(column, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))


def _dot(colour: str | None) -> QIcon:
    pixmap = QPixmap(DOT, DOT)
    pixmap.fill(Qt.GlobalColor.transparent)
    if colour:
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(0, 0, DOT, DOT)
        painter.end()
    return QIcon(pixmap)
