"""The servers that are measured against each other: `main.py serve`, and LitServe. Each has a session of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.result import PROGRAM

LITSERVE = "litserve==0.2.19"
START_S = 60  # for LitServe
OWN_SESSION = os.name != "nt"  # Linux shares processors out by sessions


@dataclass(frozen=True)
class Running:
    """A server that answers: its address, its first process, and its log if that is kept."""

    url: str
    process: int
    log: Path = Path(os.devnull)

    def cpu_ms(self, answered: int, before: float) -> float:
        """Return the processor time of each of so many answers, in milliseconds, since `cpu_seconds` was `before`."""
        return (cpu_seconds(self.process) - before) / answered * 1000


def own_group() -> None:
    """Leave the session of who started this."""
    if hasattr(os, "setsid"):
        os.setsid()
        as_urgent(os.getpid())


def as_urgent(leader: int) -> None:
    """Let the session of a process be as urgent as this process is; Linux shares processors out by sessions first."""
    with suppress(OSError, AttributeError):
        if os.nice(0) < 0:
            Path(f"/proc/{leader}/autogroup").write_text(str(os.nice(0)))


@contextmanager
def sightline(bundle: Path) -> Iterator[Running]:
    """Start `main.py serve`."""
    log = bundle.parent / "serve.log"
    command = [sys.executable, str(PROGRAM), "serve", str(bundle), "--port", "0", "--json"]
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=OWN_SESSION
        ) as process,
    ):
        try:
            as_urgent(process.pid)
            assert process.stdout is not None
            yield Running(json.loads(process.stdout.readline())["url"], process.pid, log)
        finally:
            process.terminate()


def worker_of(log: Path) -> int:
    """Return the process that answers, as the log says."""
    return int(log.read_text().rpartition("The worker is process ")[2].split()[0])


def litserve_python(folder: Path) -> str:
    """Make an environment with LitServe; what both servers need is that of this one."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    site = Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (site / "shared.pth").write_text("\n".join(ours), encoding="utf-8")
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", LITSERVE], check=True, stderr=subprocess.DEVNULL)
    return str(python)


@contextmanager
def litserve(python: str, model: Path, port: int, workers: int, threads: int) -> Iterator[Running]:
    """Start LitServe and wait until it answers."""
    script = str(Path(__file__).with_name("litserve_server.py"))
    arguments = [python, script, str(model), str(port), str(workers), str(threads)]
    with subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=OWN_SESSION
    ) as process:
        try:
            as_urgent(process.pid)
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            yield Running(url, process.pid)
        finally:
            if OWN_SESSION:
                os.killpg(process.pid, signal.SIGKILL)  # its workers, too
            else:
                process.terminate()


def _wait_for(url: str) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            if urlopen(f"{url}/health", timeout=5).status == 200:
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("LitServe does not answer.")


def cpu_seconds(process: int) -> float:
    """Return the processor time that a process and those it started have used so far; 0 where Linux' /proc is not."""
    used = 0
    for one in _family(process):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK") if used else 0.0


def _family(process: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(stat.parent.name))
    found, at = [process], 0
    while at < len(found):
        found += parents.get(found[at], [])
        at += 1
    return found
