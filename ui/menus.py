"""The menu bar: every wish with its shortcut beside it."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QActionGroup, QMainWindow, QMenu

from ui import theme
from ui.state import AppState

TAB_COUNT = 5


class Menus(QObject):
    """Makes the menus and says what the user chose."""

    new_requested = pyqtSignal()
    open_requested = pyqtSignal()
    path_requested = pyqtSignal(object)
    add_requested = pyqtSignal()
    import_requested = pyqtSignal()
    export_requested = pyqtSignal()
    close_requested = pyqtSignal()
    backup_requested = pyqtSignal()
    restore_requested = pyqtSignal()
    settings_requested = pyqtSignal()
    find_moved_requested = pyqtSignal()
    demo_requested = pyqtSignal()
    quit_requested = pyqtSignal()
    undo_requested = pyqtSignal()
    redo_requested = pyqtSignal()
    groups_requested = pyqtSignal()
    train_menu_opened = pyqtSignal()
    tab_requested = pyqtSignal(int)
    theme_requested = pyqtSignal(str)
    guide_requested = pyqtSignal()
    about_requested = pyqtSignal()

    def __init__(self, window: QMainWindow, state: AppState):
        super().__init__(window)
        self._window = window
        self._state = state
        self._file_menu()
        self._edit_menu()
        self._label_menu = self._menu(self.tr("&Label"))
        self._train_menu = self._menu(self.tr("&Train"))
        self._train_menu.aboutToShow.connect(self.train_menu_opened)
        self._view_menu()
        self._help_menu()
        for signal in (state.project_opened, state.project_closed, state.images_changed):
            signal.connect(self._on_state_changed)
        self._on_state_changed()

    def show_label_actions(self, actions: Sequence[QAction]) -> None:
        """List the Label tab's actions in their menu."""
        self._label_menu.addActions(actions)

    def show_train_actions(self, actions: Sequence[QAction]) -> None:
        """List what can be done in the Train tab in its menu."""
        self._train_menu.addActions(actions)

    def show_recent(self, folders: Sequence[str]) -> None:
        """List the projects opened last."""
        self._recent.clear()
        for folder in folders:
            action = self._recent.addAction(folder)
            action.triggered.connect(partial(self.path_requested.emit, Path(folder)))
        self._recent.setEnabled(bool(folders))

    def _file_menu(self) -> None:
        menu = self._menu(self.tr("&File"))
        self._add(menu, self.tr("&New project…"), self.new_requested.emit, "Ctrl+N")
        self._add(menu, self.tr("&Open project…"), self.open_requested.emit, "Ctrl+O")
        self._recent = QMenu(self.tr("Open &recent"), menu)
        menu.addMenu(self._recent)
        self._add(menu, self.tr("Open the &demo"), self.demo_requested.emit)
        menu.addSeparator()
        self._add(menu, self.tr("&Add a folder of images…"), self.add_requested.emit, "Ctrl+I")
        self._import = self._add(menu, self.tr("&Import labels…"), self.import_requested.emit, "Ctrl+Shift+I")
        self._export = self._add(menu, self.tr("E&xport labels…"), self.export_requested.emit, "Ctrl+Shift+E")
        self._find_moved = self._add(menu, self.tr("Find &moved images…"), self.find_moved_requested.emit)
        menu.addSeparator()
        self._backup = self._add(menu, self.tr("&Back up project…"), self.backup_requested.emit)
        self._add(menu, self.tr("Re&store a project…"), self.restore_requested.emit)
        menu.addSeparator()
        self._add(menu, self.tr("Se&ttings…"), self.settings_requested.emit, "Ctrl+,")
        menu.addSeparator()
        self._close = self._add(menu, self.tr("&Close project"), self.close_requested.emit, "Ctrl+W")
        menu.addSeparator()
        self._add(menu, self.tr("&Quit"), self.quit_requested.emit, "Ctrl+Q")

    def _edit_menu(self) -> None:
        menu = self._menu(self.tr("&Edit"))
        self._undo = self._add(menu, self.tr("&Undo"), self.undo_requested.emit, "Ctrl+Z")
        self._redo = self._add(menu, self.tr("&Redo"), self.redo_requested.emit, "Ctrl+Shift+Z")
        menu.addSeparator()
        self._groups = self._add(menu, self.tr("&Groups…"), self.groups_requested.emit, "Ctrl+G")

    def _view_menu(self) -> None:
        menu = self._menu(self.tr("&View"))
        titles = (self.tr("Label"), self.tr("Train"), self.tr("Review"), self.tr("Predict"), self.tr("Deploy"))
        for index, title in enumerate(titles):
            self._add(menu, title, partial(self.tab_requested.emit, index), f"Ctrl+{index + 1}")
        menu.addSeparator()
        group = QActionGroup(menu)
        for mode, title in (
            (theme.SYSTEM, self.tr("Colours of the &system")),
            (theme.LIGHT, self.tr("&Light colours")),
            (theme.DARK, self.tr("&Dark colours")),
        ):
            action = self._add(menu, title, partial(self.theme_requested.emit, mode))
            action.setCheckable(True)
            action.setChecked(theme.chosen() == mode)
            group.addAction(action)

    def _help_menu(self) -> None:
        menu = self._menu(self.tr("&Help"))
        self._add(menu, self.tr("User &guide"), self.guide_requested.emit, "F1")
        self._add(menu, self.tr("&About Sightline"), self.about_requested.emit)

    def _menu(self, title: str) -> QMenu:
        menu = QMenu(title, self._window)
        self._window.menuBar().addMenu(menu)
        return menu

    def _add(self, menu: QMenu, title: str, slot: Callable[..., object], shortcut: str = "") -> QAction:
        action = QAction(title, menu)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
        action.triggered.connect(slot)
        menu.addAction(action)
        return action

    @pyqtSlot()
    def _on_state_changed(self) -> None:
        project = self._state.project
        for action in (self._close, self._backup, self._find_moved, self._import, self._export, self._groups):
            action.setEnabled(project is not None)
        undo = project.edits.undo_title() if project else None
        redo = project.edits.redo_title() if project else None
        self._undo.setEnabled(undo is not None)
        self._redo.setEnabled(redo is not None)
        self._undo.setText(self.tr("&Undo: {0}").format(undo) if undo else self.tr("&Undo"))
        self._redo.setText(self.tr("&Redo: {0}").format(redo) if redo else self.tr("&Redo"))
