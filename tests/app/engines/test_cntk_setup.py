"""Setting CNTK up: for real where its Python is, and every way in which it can go wrong."""

import json
import os
import sys
import threading
from pathlib import Path

import pytest

from app.cli import main
from app.engines import cntk_libraries, cntk_setup, python36
from app.engines.catalog import engine_status
from app.engines.cntk_libraries import link_libraries
from app.engines.cntk_runtime import RUNTIME_VARIABLE, Runtime, RuntimeInfo, default_runtime
from app.engines.cntk_setup import AUTOMATIC, CPU, GPU, remove, set_up
from app.engines.graphics_card import GraphicsCard
from app.errors import Cancelled, EngineError

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux needs Open MPI")


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """Name an empty folder as CNTK's, on a system where CNTK could run."""
    monkeypatch.setenv(RUNTIME_VARIABLE, str(tmp_path / "cntk"))
    monkeypatch.setattr(cntk_setup.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(cntk_setup, "link_libraries", lambda folder: None)
    monkeypatch.setattr(cntk_setup, "find_card", lambda: None)
    return default_runtime()


def install_fake(runtime: Runtime, package: str = "cntk") -> None:
    """Put files where the interpreter and the package would be."""
    runtime.python.parent.mkdir(parents=True)
    runtime.python.touch()
    (runtime.packages / "cntk").mkdir(parents=True)
    (runtime.packages / f"{package}-2.7.dist-info").mkdir()


def start(runtime: Runtime, device: str = AUTOMATIC, cancel: threading.Event | None = None) -> RuntimeInfo:
    return set_up(runtime, None, device, lambda line: None, cancel or threading.Event())


@pytest.mark.slow
def test_cntk_proves_that_it_works(cntk_runtime: Runtime) -> None:
    info = set_up(cntk_runtime, None, CPU, lambda line: None, threading.Event())
    assert info == RuntimeInfo("cntk", "2.7", ("cpu",))
    assert cntk_runtime.info() == info


@pytest.mark.slow
def test_the_command_says_that_it_works(cntk_runtime: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cntk-setup", "--cpu", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["folder"] == str(cntk_runtime.folder)
    assert values["devices"] == ["cpu"]
    status = engine_status("cntk")
    assert status.version == "2.7"
    assert status.available


def test_without_a_python_36_nothing_is_touched(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(python36, "candidates", lambda: iter([[sys.executable]]))
    assert main(["cntk-setup"]) == 1
    assert "Error: There is no Python 3.6 on this computer" in capsys.readouterr().err
    assert not runtime.folder.exists()
    assert "cntk-setup" in engine_status("cntk").reason


def test_an_install_that_fails_is_begun_anew(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """This Python stands for 3.6, and pip is cut off from every index."""
    monkeypatch.setattr(cntk_setup, "find_python36", lambda chosen: Path(sys.executable))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(EngineError, match="cntk could not be installed") as raised:
        start(runtime)
    assert "Check the network" in raised.value.hint
    assert "No matching distribution" in raised.value.detail
    assert (runtime.environment_folder / cntk_setup.MARK).exists()
    assert runtime.info() is None


def test_a_half_installed_package_is_not_taken_for_a_whole_one(runtime: Runtime) -> None:
    install_fake(runtime)
    assert cntk_setup._is_installed(runtime, "cntk")
    assert not cntk_setup._is_installed(runtime, "cntk-gpu")
    (runtime.environment_folder / cntk_setup.MARK).touch()
    assert not cntk_setup._is_installed(runtime, "cntk")


def test_a_cntk_that_does_not_start_is_no_success(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    install_fake(runtime)
    runtime.write_info(RuntimeInfo("cntk", "2.7", ("cpu",)))
    monkeypatch.setattr(Runtime, "python", Path(sys.executable))  # it has no cntk
    with pytest.raises(EngineError, match="installed, but does not work") as raised:
        start(runtime)
    assert "No module named 'cntk'" in raised.value.detail
    assert runtime.info() is None


def test_cancelling_leaves_it_to_be_finished(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cntk_setup, "find_python36", lambda chosen: Path(sys.executable))
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        start(runtime, cancel=cancel)
    assert runtime.info() is None


def test_a_card_is_used_only_if_cntk_can(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    proved: list[str] = []
    card = GraphicsCard("RTX 3060", 8.6)

    def prove(runtime: Runtime, device: str, cancel: threading.Event) -> dict[str, str]:
        proved.append(device)
        if device == GPU and "fails" in card.name:
            raise EngineError("It broke.", "", "no CUDA")
        return {"version": "2.7"}

    monkeypatch.setattr(cntk_setup, "_prove", prove)
    monkeypatch.setattr(cntk_setup, "find_card", lambda: card)
    monkeypatch.setattr(cntk_setup, "_is_installed", lambda runtime, package: True)
    runtime.folder.mkdir()
    info = start(runtime)
    assert (info.package, info.devices) == ("cntk", ("cpu",))
    assert "RTX 3060 is newer" in info.gpu_problem
    card = GraphicsCard("T4", 7.5)
    assert start(runtime).devices == ("gpu", "cpu")
    assert start(runtime, CPU).package == "cntk"
    card = GraphicsCard("T4 that fails", 7.5)
    info = start(runtime, GPU)
    assert (info.package, info.devices) == ("cntk-gpu", ("cpu",))
    assert "It broke. no CUDA" in info.gpu_problem
    assert proved == ["cpu", "cpu", "gpu", "cpu", "cpu", "gpu"]


def test_a_card_that_was_asked_for_must_be_there(runtime: Runtime) -> None:
    with pytest.raises(EngineError, match="No NVIDIA graphics card"):
        start(runtime, GPU)


@pytest.mark.parametrize(("system", "machine"), [("darwin", "x86_64"), ("linux", "aarch64")])
def test_other_systems_are_told_so(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, system: str, machine: str
) -> None:
    monkeypatch.setattr(cntk_setup.sys, "platform", system)
    monkeypatch.setattr(cntk_setup.platform, "machine", lambda: machine)
    with pytest.raises(EngineError, match="made for"):
        start(runtime)


def test_it_is_removed_again(runtime: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    assert not remove(runtime)
    install_fake(runtime)
    runtime.libraries_folder.mkdir()
    runtime.write_info(RuntimeInfo("cntk", "2.7", ("cpu",)))
    assert main(["cntk-setup", "--remove"]) == 0
    assert "Removed" in capsys.readouterr().out
    assert not runtime.folder.exists()


def test_a_folder_with_other_things_in_it_is_kept(runtime: Runtime) -> None:
    install_fake(runtime)
    (runtime.folder / "thesis.txt").touch()
    with pytest.raises(EngineError, match="could not be removed"):
        remove(runtime)
    assert (runtime.folder / "thesis.txt").exists()


def test_a_note_of_another_format_is_no_note(runtime: Runtime) -> None:
    install_fake(runtime)
    runtime.write_info(RuntimeInfo("cntk", "2.7", ("gpu", "cpu"), "why"))
    assert runtime.info() == RuntimeInfo("cntk", "2.7", ("gpu", "cpu"), "why")
    for text in ('{"format": 2}', "[]", "{", '{"format": 1, "package": "cntk"}'):
        (runtime.folder / "runtime.json").write_text(text, encoding="utf-8")
        assert runtime.info() is None


@linux_only
def test_open_mpi_gets_the_names_that_cntk_knows(tmp_path: Path) -> None:
    place = tmp_path / "lib"
    place.mkdir()
    for name in ("libmpi.so.40", "libmpi_cxx.so.40"):
        (place / name).touch()
    links = tmp_path / "links"
    link_libraries(links, [tmp_path / "none", place])
    assert os.path.realpath(links / "libmpi.so.12") == str(place / "libmpi.so.40")
    assert os.path.realpath(links / "libmpi_cxx.so.1") == str(place / "libmpi_cxx.so.40")
    (place / "libmpi.so.40").rename(place / "libmpi.so.12")  # now the old link leads nowhere
    link_libraries(links, [place])
    assert os.path.realpath(links / "libmpi.so.12") == str(place / "libmpi.so.12")


@linux_only
def test_a_missing_open_mpi_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="libmpi.so.12 of Open MPI is missing") as raised:
        link_libraries(tmp_path / "links", [tmp_path])
    assert "libopenmpi3" in raised.value.hint


def test_other_systems_need_no_open_mpi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cntk_libraries.sys, "platform", "win32")
    link_libraries(tmp_path / "links", [])
    assert not (tmp_path / "links").exists()
