"""Choose when a model's answers are accepted, with the price beside it."""

import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

from PyQt5.QtCore import Qt, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.engines.protocol import OnEvent
from app.errors import AppError
from app.evaluation.costs import read_costs
from app.evaluation.rule import Rule
from app.evaluation.thresholds import (
    HeldOut,
    by_costs,
    by_precision,
    by_recall,
    given,
    most_novel_keeping,
    priced,
)
from app.export.bundle import read_bundle_info
from app.export.held_out import read_held_out
from app.export.service import ModelService
from ui import messages, theme
from ui.jobs import Job, Jobs
from ui.threshold_plot import EVERY_CLASS, ThresholdPlot

SIZE = (860, 620)
PRESENT, PRECISION, RECALL, GIVEN, DRAGGED, COSTS = "present", "precision", "recall", "given", "dragged", "costs"
WHOLE = 100.0


class ThresholdsDialog(QDialog):
    """Works on a bundle's held-out scores; only saving asks the worker, since it writes the model's file."""

    rule_stored = pyqtSignal(object)  # the bundle's folder

    def __init__(self, bundle: Path, jobs: Jobs, parent: QWidget | None = None):
        """Raise AppError where the bundle has no held-out scores."""
        super().__init__(parent)
        self._bundle, self._jobs = bundle, jobs
        self._labels = read_bundle_info(bundle).labels
        self._held_out: HeldOut = read_held_out(bundle)
        self._costs: Path | None = None
        self._job: Job | None = None
        self._present = read_bundle_info(bundle).ruled
        self._dragged = self._present.thresholds
        self.rule: Rule = self._present
        self.setWindowTitle(self.tr("When an answer is accepted"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE)
        self._make_parts()
        self._lay_out()
        self._show_rule()
        self.way.activated.connect(self._on_way_activated)
        self.share.valueChanged.connect(self._choose)
        self.per_class.toggled.connect(self._choose)
        self.unknown.toggled.connect(self._choose)
        self.keep.valueChanged.connect(self._choose)
        self.plot.dragged.connect(self._on_plot_dragged)
        self.buttons.accepted.connect(self._on_accepted)
        self.buttons.rejected.connect(self.reject)

    def _make_parts(self) -> None:
        self.way = QComboBox()
        self.way.addItem(self.tr("The present rule says so"), PRESENT)
        self.way.addItem(self.tr("So much of what is accepted is right"), PRECISION)
        self.way.addItem(self.tr("So much of all images is accepted and right"), RECALL)
        self.way.addItem(self.tr("The probability is at least"), GIVEN)
        self.way.addItem(self.tr("The figure says so: drag its point"), DRAGGED)
        self.way.addItem(self.tr("It costs least, by a table of costs…"), COSTS)
        self.share = _percent(WHOLE * min(self.rule.thresholds))
        self.share.setAccessibleName(self.tr("Share"))
        self.per_class = QCheckBox(self.tr("A threshold for &each class"))
        self.unknown = QCheckBox(self.tr("Say “&unknown” of images unlike every class, but not of"))
        self.unknown.setChecked(self.rule.most_novel is not None)
        self.unknown.setEnabled(self._held_out.novelty is not None)
        self.keep = _percent(self._kept_now())
        self._first_keep = self.keep.value()
        self.keep.setAccessibleName(self.tr("Own images that are kept"))
        self.keep_words = QLabel(self.tr("of your own images"))
        self.table = QTableWidget(len(self._labels), 2)
        self.table.setHorizontalHeaderLabels([self.tr("Class"), self.tr("Least probability")])
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setAccessibleName(self.tr("Thresholds"))
        self.plot = ThresholdPlot(self._labels, self._held_out)
        self.price = QLabel(wordWrap=True)
        self.note = QLabel(objectName="muted", wordWrap=True)
        self.note.setText(
            self.tr(
                "Counted on images that were held out of training while their answers were computed. Thresholds are "
                "chosen and priced on the same images: on new ones expect it to be slightly worse; “Test this model "
                "on a folder…” tells. The rule is stored in the model: the Predict tab, tables, the server and "
                "exported copies follow it."
            )
        )
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(theme.SPACE)
        label = QLabel(self.tr("&Accept an answer if"))
        label.setBuddy(self.way)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.way, 0, 1)
        grid.addWidget(self.share, 0, 2)
        grid.addWidget(self.per_class, 1, 1, 1, 2)
        row = QGridLayout()
        row.addWidget(self.unknown, 0, 0)
        row.addWidget(self.keep, 0, 1)
        row.addWidget(self.keep_words, 0, 2)
        row.setColumnStretch(3, 1)
        grid.addLayout(row, 2, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACE] * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addLayout(grid)
        middle = QGridLayout()
        middle.setSpacing(2 * theme.SPACE)
        middle.addWidget(self.table, 0, 0)
        middle.addWidget(self.plot, 0, 1)
        middle.setColumnStretch(0, 2)
        middle.setColumnStretch(1, 3)
        layout.addLayout(middle, 1)
        layout.addWidget(self.price)
        layout.addWidget(self.note)
        layout.addWidget(self.buttons)

    def _kept_now(self) -> float:
        novelty, most = self._held_out.novelty, self.rule.most_novel
        if novelty is None or most is None:
            return 95.0
        return round(WHOLE * float((novelty <= most).mean()), 1)

    @pyqtSlot()
    def _on_way_activated(self) -> None:
        way = self.way.currentData()
        if way == COSTS:
            name, _ = QFileDialog.getOpenFileName(
                self, self.tr("Choose a table of costs"), "", self.tr("Tables (*.csv);;All files (*)")
            )
            self._costs = Path(name) if name else None
            if self._costs is None:
                self.way.setCurrentIndex(self.way.findData(PRESENT))
        elif way in (PRECISION, RECALL) and self.share.value() < 1:
            self.share.setValue(95.0 if way == PRECISION else 80.0)
        self._choose()

    @pyqtSlot(int, float)
    def _on_plot_dragged(self, number: int, threshold: float) -> None:
        """Take the threshold of a class, or of all of them, from the figure; the others stay."""
        before = self.rule.thresholds
        self._dragged = tuple(threshold if number in (EVERY_CLASS, place) else one for place, one in enumerate(before))
        self.way.setCurrentIndex(self.way.findData(DRAGGED))
        self._choose()

    @pyqtSlot()
    def _choose(self) -> None:
        try:
            self.rule = priced(self._wished(), self._held_out)
        except AppError as error:
            messages.error(self, error)
            return
        self._show_rule()

    def _wished(self) -> Rule:
        share, each = self.share.value() / WHOLE, self.per_class.isChecked()
        most_novel = self._most_novel()
        way = self.way.currentData()
        if way == PRECISION:
            return by_precision(self._held_out, max(share, 0.001), each, most_novel)
        if way == RECALL:
            return by_recall(self._held_out, max(share, 0.001), each, most_novel)
        if way == COSTS and self._costs is not None:
            return by_costs(self._held_out, read_costs(self._costs, self._labels), 1.0, most_novel)
        if way == DRAGGED:
            return replace(given(self._dragged, most_novel), chosen="by dragging")
        if way == GIVEN:
            return given((share,) * len(self._labels), most_novel)
        return replace(self._present, most_novel=most_novel)

    def _most_novel(self) -> float | None:
        """Return the limit of novelty; the present one, to the last digit, while the share kept is the first one."""
        novelty, present = self._held_out.novelty, self._present.most_novel
        if novelty is None or not self.unknown.isChecked():
            return None
        if present is not None and self.keep.value() == self._first_keep:
            return present
        return most_novel_keeping(novelty, max(self.keep.value(), 0.1) / WHOLE)

    def _show_rule(self) -> None:
        way = self.way.currentData()
        self.share.setEnabled(way not in (PRESENT, DRAGGED, COSTS))
        self.per_class.setEnabled(way in (PRECISION, RECALL))
        self.keep.setEnabled(self.unknown.isChecked() and self.unknown.isEnabled())
        for row, (label, value) in enumerate(zip(self._labels, self.rule.thresholds, strict=True)):
            self.table.setItem(row, 0, QTableWidgetItem(label))
            self.table.setItem(row, 1, QTableWidgetItem(f"{value:.1%}" if value else self.tr("any")))
        self.price.setText(self._price_words())
        self.plot.show_rule(self.rule)

    def _price_words(self) -> str:
        price = self.rule.price
        if price is None:
            return self.tr("Every answer is accepted.")
        low, high = price.coverage_interval
        text = self.tr("{0:.1%} of {1:,} held-out images are accepted (95% interval {2:.1%} to {3:.1%}).").format(
            price.coverage, price.images, low, high
        )
        if price.error is not None and price.error_interval is not None:
            low, high = price.error_interval
            text += " " + self.tr("{0:.1%} of those are wrong ({1:.1%} to {2:.1%}).").format(price.error, low, high)
        return text + " " + self.tr("Rejected: {0:,} unsure, {1:,} unknown.").format(price.unsure, price.unknown)

    @pyqtSlot()
    def _on_accepted(self) -> None:
        self.buttons.setEnabled(False)
        self._job = self._jobs.start(self.tr("Saving the thresholds"), partial(_store, self._bundle, self.rule))
        self._job.done.connect(self._on_job_done)
        self._job.failed.connect(self._on_job_failed)
        self._job.finished.connect(self._on_job_finished)

    @pyqtSlot(object)
    def _on_job_done(self, result: object) -> None:
        self._job = None
        self.rule_stored.emit(self._bundle)
        self.accept()

    @pyqtSlot(object)
    def _on_job_failed(self, error: AppError) -> None:
        messages.error(self, error)

    @pyqtSlot()
    def _on_job_finished(self) -> None:
        self._job = None
        self.buttons.setEnabled(True)

    def reject(self) -> None:
        """Leave the rule as it is; not while it is being stored."""
        if self._job is None:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Wait for what is being stored."""
        if self._job is None:
            super().closeEvent(event)
        else:
            event.ignore()


def _store(bundle: Path, rule: Rule, on_event: OnEvent, cancel: threading.Event) -> None:
    service = ModelService()
    try:
        service.set_rule(bundle, rule, on_event, cancel)
    finally:
        service.close()


def _percent(value: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0.0, WHOLE)
    box.setDecimals(1)
    box.setSuffix(" %")
    box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
    box.setValue(value)
    return box
