"""Light and dark: a table of colours, and the style sheet made from it."""

from collections.abc import Iterator

from PyQt5.QtCore import QObject, QSettings, pyqtSignal
from PyQt5.QtGui import QColor, QPalette
from PyQt5.QtWidgets import QApplication

from app.files import data_folder, resource_folder

SPACE = 8  # pixels; every margin and gap is a multiple of it

LEAST_CONTRAST = 3.0
STEPS = 20  # of a colour on its way to the text's

LIGHT, DARK, SYSTEM = "light", "dark", "system"

# Text on window, surface and field has a contrast of at least 7 to 1, muted text of at least 4.5 to 1.
TOKENS = {
    LIGHT: {
        "window": "#f4f5f7",
        "surface": "#ffffff",
        "field": "#ffffff",
        "hover": "#e8ebf0",
        "text": "#1a1d23",
        "muted": "#5a6270",
        "border": "#d3d7de",
        "accent": "#1f5fbf",
        "accent_hover": "#174c9c",
        "on_accent": "#ffffff",
        "selection": "#d6e4fb",
        "good": "#1a7f4b",
        "warning": "#8a5a00",
        "bad": "#b3261e",
        "grid": "#e2e5ea",
    },
    DARK: {
        "window": "#1b1d22",
        "surface": "#24272e",
        "field": "#1f2228",
        "hover": "#31353e",
        "text": "#eceef2",
        "muted": "#a3abb8",
        "border": "#3c414c",
        "accent": "#8ab4f8",
        "accent_hover": "#aecbfa",
        "on_accent": "#10151f",
        "selection": "#2f4468",
        "good": "#6dd39c",
        "warning": "#f2c063",
        "bad": "#f28b82",
        "grid": "#343943",
    },
}


class _Signals(QObject):
    changed = pyqtSignal()


signals = _Signals()
_state = {"shown": LIGHT}


def token(name: str) -> str:
    """Return a colour of the theme that is shown, as #rrggbb."""
    return TOKENS[_state["shown"]][name]


def colour(name: str) -> QColor:
    """Return a colour of the theme that is shown."""
    return QColor(token(name))


def readable(name: str) -> QColor:
    """Return a colour, mixed with the text's where it must be to stand out (3 to 1, as WCAG 2.1 asks of graphics)."""
    return next(shade for shade in _towards_text(QColor(name)) if _contrast(shade, colour("surface")) >= LEAST_CONTRAST)


def _towards_text(shade: QColor) -> Iterator[QColor]:
    first, last = shade.getRgb()[:3], colour("text").getRgb()[:3]
    for step in range(STEPS + 1):
        yield QColor(*(low + (high - low) * step // STEPS for low, high in zip(first, last, strict=True)))


def _contrast(one: QColor, other: QColor) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(shade: QColor) -> float:
    parts = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shade.getRgbF()[:3])
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def is_dark() -> bool:
    """Tell whether the dark theme is shown."""
    return _state["shown"] == DARK


def chosen() -> str:
    """Return the user's choice: light, dark or system."""
    return str(settings().value("theme", SYSTEM))


def choose(mode: str) -> None:
    """Remember a choice and show it."""
    settings().setValue("theme", mode)
    apply(mode)


def apply(mode: str) -> None:
    """Show a theme in the whole application."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    _state["shown"] = _system_theme() if mode == SYSTEM else mode
    application.setPalette(_palette())
    template = (resource_folder() / "styles" / "sightline.qss").read_text(encoding="utf-8")
    # Longest names first: `accent` also begins `accent_hover`.
    for name in sorted(TOKENS[_state["shown"]], key=len, reverse=True):
        template = template.replace(f"@{name}", token(name))
    icons = (resource_folder() / "icons").as_posix()
    application.setStyleSheet(template.replace("@icons", f"{icons}/{_state['shown']}"))
    signals.changed.emit()


def settings() -> QSettings:
    """Return what the window remembers from one start to the next."""
    return QSettings(str(data_folder() / "window.ini"), QSettings.Format.IniFormat)


def _system_theme() -> str:
    """Ask Windows' registry where there is one; elsewhere Qt's own palette tells."""
    windows = QSettings(
        r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize", QSettings.Format.NativeFormat
    )
    light = windows.value("AppsUseLightTheme")
    if light is not None:
        return LIGHT if int(light) else DARK
    style = QApplication.style()
    palette = style.standardPalette() if style else QPalette()
    return DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def _palette() -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: "window",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Base: "field",
        QPalette.ColorRole.AlternateBase: "window",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.Button: "surface",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.ToolTipBase: "surface",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.Highlight: "selection",
        QPalette.ColorRole.HighlightedText: "text",
        QPalette.ColorRole.Link: "accent",
        QPalette.ColorRole.PlaceholderText: "muted",
    }
    for role, name in roles.items():
        palette.setColor(role, colour(name))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, colour("muted"))
    return palette
