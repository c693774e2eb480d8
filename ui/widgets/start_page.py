"""What the Label tab shows while there is nothing to label: where to begin."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ui import theme

WIDTH = 620


class StartPage(QWidget):
    """An invitation to drop a folder, and buttons for those who would rather choose."""

    folder_requested = pyqtSignal()
    project_requested = pyqtSignal()
    demo_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        card = QFrame(objectName="drop")
        card.setMaximumWidth(WIDTH)
        self._title = QLabel(objectName="title", alignment=Qt.AlignmentFlag.AlignCenter)
        self._hint = QLabel(objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._folder = QPushButton(self.tr("Choose a folder…"), objectName="primary")
        self._project = QPushButton(self.tr("Open a project…"))
        self._demo = QPushButton(self.tr("Try the demo"))
        self._folder.clicked.connect(self.folder_requested)
        self._project.clicked.connect(self.project_requested)
        self._demo.clicked.connect(self.demo_requested)
        inner = QVBoxLayout(card)
        inner.setContentsMargins(*[6 * theme.SPACE] * 4)
        inner.setSpacing(2 * theme.SPACE)
        inner.addWidget(self._title)
        inner.addWidget(self._hint)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        buttons.addStretch()
        for button in (self._folder, self._project, self._demo):
            buttons.addWidget(button)
        buttons.addStretch()
        inner.addLayout(buttons)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(card, 4)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addLayout(row)
        layout.addStretch(3)
        self.show_no_project()

    def show_no_project(self) -> None:
        """Invite to begin."""
        self._show(
            self.tr("Drop a folder of photos here"),
            self.tr(
                "Names of sub-folders become labels. Your photos stay where they are and are never changed; "
                "labels are kept in a project of their own. Nothing leaves this computer."
            ),
            True,
        )

    def show_no_images(self, project: str) -> None:
        """Invite to add images to an empty project."""
        self._show(
            self.tr("“{0}” has no images yet").format(project),
            self.tr("Drop a folder of photos here, or choose one. Names of sub-folders become labels."),
            False,
        )

    def _show(self, title: str, hint: str, first: bool) -> None:
        self._title.setText(title)
        self._hint.setText(hint)
        self._project.setVisible(first)
        self._demo.setVisible(first)
