"""Export a model: in which form, where to, and what a smaller form would cost."""

from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, QUrl, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QDesktopServices
from PyQt5.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.export.exporters import EXPORTERS, INT8
from app.export.service import ModelService
from ui import theme
from ui.jobs import Job, Jobs

MEGABYTE = 1_000_000


class ExportPanel(QFrame):
    """A card with a choice of forms and the button that exports."""

    failed = pyqtSignal(object)

    def __init__(self, jobs: Jobs, parent: QWidget | None = None):
        super().__init__(parent, objectName="card")
        self._jobs = jobs
        self._service = ModelService()
        self._bundle: Path | None = None
        self._job: Job | None = None
        self._exported: Path | None = None
        self._form = QComboBox()
        self._form.setAccessibleName(self.tr("Form of the export"))
        for name, exporter in EXPORTERS.items():
            self._form.addItem(exporter.title, name)
        self._help = QLabel(objectName="muted", wordWrap=True)
        self._export = QPushButton(self.tr("Export…"), objectName="primary")
        self._measure = QPushButton(self.tr("Compare sizes"))
        self._measure.setToolTip(
            self.tr("Measure size, speed and accuracy of 32, 16 and 8 bits on the test images, on this computer.")
        )
        self._open_folder = QPushButton(self.tr("Open the folder"))
        self._text = QLabel(wordWrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._costs = QWidget()
        self._lay_out()
        self._form.currentIndexChanged.connect(self._refresh)
        self._export.clicked.connect(self._on_export_clicked)
        self._measure.clicked.connect(self._on_measure_clicked)
        self._open_folder.clicked.connect(self._on_open_folder_clicked)
        self.set_model(None)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        column.setSpacing(theme.SPACE)
        column.addWidget(QLabel(self.tr("Export"), objectName="heading"))
        column.addWidget(self._form)
        column.addWidget(self._help)
        row = QHBoxLayout()
        for button in (self._export, self._measure, self._open_folder):
            row.addWidget(button)
        row.addStretch()
        column.addLayout(row)
        column.addWidget(self._text)
        column.addWidget(self._costs)
        self._grid = QGridLayout(self._costs)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * theme.SPACE)
        self._costs.hide()

    def set_model(self, bundle: Path | None) -> None:
        """Offer to export this bundle, or say that there is none."""
        if bundle != self._bundle:
            self._exported = None
            self._costs.hide()
        self._bundle = bundle
        if bundle is None:
            self._text.setText(self.tr("There is no model yet: train one first, or open a bundle."))
        elif self._exported is None and self._job is None:
            self._text.setText("")
        self._refresh()

    def close_down(self) -> None:
        """End the worker that exports."""
        if self._job is not None:
            self._job.cancel()
        self._service.close()

    def export_to(self, folder: Path) -> None:
        """Write the chosen model into a folder in the chosen form, and check it."""
        if self._bundle is None or self._job is not None:
            return
        self._exported = None
        work = partial(self._service.export, self._bundle, folder, form=str(self._form.currentData()))
        self._start(self.tr("Exporting"), self.tr("Exporting and checking…"), work)
        assert self._job is not None
        self._job.done.connect(self._on_exported)

    @pyqtSlot()
    def _refresh(self) -> None:
        missing = self._missing()
        name = str(self._form.currentData())
        self._help.setText(missing.get(name) or EXPORTERS[name].help)
        idle = self._bundle is not None and self._job is None
        self._export.setEnabled(idle and name not in missing)
        self._measure.setEnabled(idle and INT8 not in missing)
        self._open_folder.setVisible(self._exported is not None)

    def _missing(self) -> dict[str, str]:
        """Mark the forms that this model cannot have, and return why: they can be chosen, so that one can read it."""
        missing = {}
        for row, (name, exporter) in enumerate(EXPORTERS.items()):
            reason = "" if self._bundle is None else exporter.missing(self._bundle)
            if reason:
                missing[name] = reason
            title = self.tr("{0} (not available)").format(exporter.title) if reason else exporter.title
            self._form.setItemText(row, title)
            self._form.setItemData(row, reason or exporter.help, Qt.ItemDataRole.ToolTipRole)
        return missing

    def _start(self, title: str, text: str, work: Any) -> None:
        self._text.setText(text)
        job = self._jobs.start(title, work)
        self._job = job
        job.failed.connect(self.failed)
        job.finished.connect(self._on_job_finished)
        self._refresh()

    @pyqtSlot()
    def _on_export_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder to export into"))
        if folder:
            self.export_to(Path(folder))

    @pyqtSlot()
    def _on_measure_clicked(self) -> None:
        if self._bundle is not None and self._job is None:
            work = partial(self._service.costs, self._bundle)
            self._start(self.tr("Comparing sizes"), self.tr("Converting and asking the test images…"), work)
            assert self._job is not None
            self._job.done.connect(self._on_measured)

    @pyqtSlot(object)
    def _on_exported(self, result: dict[str, Any]) -> None:
        self._exported = Path(result["bundle"])
        text = self.tr("Exported to {0}.\nParity: {1} of {1} golden images agree; largest difference {2:.1e}.")
        self._text.setText(text.format(result["bundle"], result["images"], result["largest_difference"]))

    @pyqtSlot(object)
    def _on_measured(self, result: dict[str, Any]) -> None:
        self._text.setText("")
        while self._grid.count():
            self._grid.takeAt(0).widget().deleteLater()
        titles = (self.tr("Form"), self.tr("Size"), self.tr("Speed here"), self.tr("Right"), self.tr("Same answers"))
        for column, title in enumerate(titles):
            self._grid.addWidget(QLabel(title, objectName="muted"), 0, column)
        for row, cost in enumerate(result["costs"], 1):
            for column, words in enumerate(self._words(cost)):
                label = QLabel(words)
                if column:
                    label.setAlignment(Qt.AlignmentFlag.AlignRight)
                self._grid.addWidget(label, row, column)
        self._costs.show()

    def _words(self, cost: dict[str, Any]) -> tuple[str, ...]:
        names = {"onnx": self.tr("32 bits"), "onnx-float16": self.tr("16 bits"), "onnx-int8": self.tr("8 bits")}
        right = self.tr("not known") if cost["accuracy"] is None else f"{cost['accuracy']:.1%}"
        return (
            names[cost["form"]],
            self.tr("{0:.1f} MB").format(cost["bytes"] / MEGABYTE),
            self.tr("{0:.0f} images/s").format(cost["images_per_second"]),
            right,
            f"{cost['agreement']:.1%}",
        )

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None
        if self._exported is None:
            self._text.setText("")
        self.set_model(self._bundle)

    @pyqtSlot()
    def _on_open_folder_clicked(self) -> None:
        if self._exported is not None:
            folder = self._exported if self._exported.is_dir() else self._exported.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
