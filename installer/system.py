"""What the set-up needs from the operating system: Qt's libraries, `venv`, and Xvfb for the tests.

Only what is missing is asked for. On Debian and its relatives apt installs it; elsewhere the user gets the
line to run.
"""

import ctypes
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

# What PyQt5's libQt5Core, Gui, Widgets, DBus, XcbQpa and its plugin "xcb" are linked against and do not bring
# along, with the packages that have it in Debian and in Arch. RPM systems are asked for the library itself.
QT_LIBRARIES = {
    "libGL.so.1": ("libgl1", "libglvnd"),
    "libX11-xcb.so.1": ("libx11-xcb1", "libx11"),
    "libX11.so.6": ("libx11-6", "libx11"),
    "libXext.so.6": ("libxext6", "libxext"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libfreetype.so.6": ("libfreetype6", "freetype2"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libgthread-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libstdc++.so.6": ("libstdc++6", "gcc-libs"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-render.so.0": ("libxcb-render0", "libxcb"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb"),
    "libxcb-shm.so.0": ("libxcb-shm0", "libxcb"),
    "libxcb-sync.so.1": ("libxcb-sync1", "libxcb"),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0", "libxcb"),
    "libxcb-xinerama.so.0": ("libxcb-xinerama0", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb"),
    "libxcb.so.1": ("libxcb1", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
    "libz.so.1": ("zlib1g", "zlib"),
}
INSTALL_COMMANDS = {  # In the order in which they are looked for.
    "apt-get": "apt-get install -y",
    "dnf": "dnf install -y",
    "zypper": "zypper install -y",
    "pacman": "pacman -S --needed",
}
APT_OPTIONS = ("-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120")


@dataclass(frozen=True)
class Need:
    """Something missing, and what each package manager calls the package that has it."""

    what: str
    debian: str
    arch: str
    rpm: str

    def package(self, manager: str) -> str:
        """Return the package's name for one package manager."""
        return {"apt-get": self.debian, "pacman": self.arch}.get(manager, self.rpm)


def missing_venv() -> list[Need]:
    """Debian keeps `ensurepip`, without which no environment can be made, in a package of its own."""
    if importlib.util.find_spec("ensurepip"):
        return []
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [Need("ensurepip", f"{name}-venv", "python", f"{name}dist(pip)")]


def missing_libraries() -> list[Need]:
    """Return the libraries that Qt needs on Linux and the loader does not find."""
    if not sys.platform.startswith("linux"):
        return []
    bits = "()(64bit)" if sys.maxsize > 2**32 else ""
    return [Need(name, *packages, rpm=name + bits) for name, packages in QT_LIBRARIES.items() if not _loads(name)]


def missing_x_server() -> list[Need]:
    """The tests of the window run on an X server of their own."""
    if not sys.platform.startswith("linux") or shutil.which("Xvfb"):
        return []
    return [Need("Xvfb", "xvfb", "xorg-server-xvfb", "/usr/bin/Xvfb")]


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def install(needs: Sequence[Need]) -> bool:
    """Install what is missing with apt, as root or by `sudo` without a password; tell if that worked."""
    privilege = _privilege()
    if privilege is None or not shutil.which("apt-get"):
        return False
    packages = sorted({need.debian for need in needs})
    print("Installing with apt: " + " ".join(packages), flush=True)
    apt = [*privilege, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    _run([*apt, "update", "-q"])  # A broken third-party source must not keep the others from being used.
    return _run([*apt, "install", *APT_OPTIONS, *packages])


def _privilege() -> list[str] | None:
    """Return what to put before a command to run it as root; None if that is not possible without asking."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def _run(command: Sequence[str]) -> bool:
    """Run quietly; show what was said only if it failed."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode:
        print(result.stdout[-2000:], flush=True)
    return result.returncode == 0


def advice(needs: Sequence[Need]) -> str:
    """Say what is missing, and the one line that installs it."""
    missing = "Missing on this system: " + ", ".join(need.what for need in needs)
    manager = next((name for name in INSTALL_COMMANDS if shutil.which(name)), None)
    if manager is None:
        return f"{missing}.\nInstall it with the system's package manager, then start again."
    packages = " ".join(shlex.quote(name) for name in sorted({need.package(manager) for need in needs}))
    return f"{missing}.\nRun this line, then start again:\n\n  sudo {INSTALL_COMMANDS[manager]} {packages}\n"
