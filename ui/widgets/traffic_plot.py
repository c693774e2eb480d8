"""Two small plots of the server's last minute: requests a second, and how long they took."""

from PyQt5.QtCore import QTimer, pyqtSlot
from PyQt5.QtWidgets import QHBoxLayout, QWidget

from app.server.traffic import SECONDS, TrafficLog
from ui import theme
from ui.widgets.curve_plot import CurvePlot

EVERY_MS = 1000
HEIGHT = 190


class TrafficPlot(QWidget):
    """Give it the lines of the log; it draws once a second while the server runs."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._log = TrafficLog()
        self._rate = CurvePlot(self.tr("Requests a second"), self.tr("seconds"), "")
        self._time = CurvePlot(self.tr("Milliseconds, median"), self.tr("seconds"), "")
        for plot in (self._rate, self._time):
            plot.set_range((-SECONDS, 0), None)
        self._rate.describe_points(self._describe_rate)
        self._time.describe_points(self._describe_time)
        self.setFixedHeight(HEIGHT)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * theme.SPACE)
        layout.addWidget(self._rate)
        layout.addWidget(self._time)
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.draw)

    def begin(self) -> None:
        """Start with an empty minute."""
        self._log.clear()
        self.draw()
        self._timer.start()

    def end(self) -> None:
        """Leave the last minute as it is."""
        self._timer.stop()

    @pyqtSlot(str)
    def note(self, line: str) -> None:
        """Take a line of the log."""
        self._log.note(line)

    @pyqtSlot()
    def draw(self) -> None:
        """Draw the last minute."""
        self._traffic = self._log.last_minute()
        self._rate.set_curve("rate", self._traffic.seconds, self._traffic.requests)
        self._time.set_curve("time", self._traffic.answered_at, self._traffic.milliseconds, points=True)

    def _describe_rate(self, name: str, index: int) -> str:
        traffic = self._traffic
        return self.tr("{0} s ago: {1} requests").format(-traffic.seconds[index], traffic.requests[index])

    def _describe_time(self, name: str, index: int) -> str:
        traffic = self._traffic
        return self.tr("{0} s ago: {1:.1f} ms").format(-traffic.answered_at[index], traffic.milliseconds[index])
