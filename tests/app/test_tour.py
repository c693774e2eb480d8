"""The demo does the whole main job on synthetic images, and can be asked for again."""

import json
import shutil
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

import pytest

from app import tour
from app.cli import main
from app.demo.garments import make_demo
from app.errors import ServerError
from app.files import HOME_VARIABLE
from app.project.project import Project
from app.tour import demo_images, demo_project_folder
from tests.conftest import Trained

FEW = 8  # images a class, where the demo itself draws sixty


@pytest.fixture
def own_home(tmp_path: Path, home: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the demo a home of its own, with the network that was converted already and few images drawn."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    shutil.copytree(home / "cache" / "backbones", tmp_path / "cache" / "backbones")
    monkeypatch.setattr(tour, "make_demo", partial(make_demo, per_class=FEW))
    return tmp_path


@pytest.mark.slow
def test_it_goes_from_pictures_to_a_server_twice(capsys: pytest.CaptureFixture[str], own_home: Path) -> None:
    drawn: list[dict[Path, int]] = []
    for run in (1, 2):
        assert main(["demo", "--json"]) == 0
        out, err = capsys.readouterr()
        values = json.loads(out)
        assert values["run"] == run
        assert values["classes"] == ["dotted", "leopard", "striped"]
        assert values["predicted"] == 12
        assert values["predicted_right"] >= 9
        assert values["server_difference"] <= 1e-5
        assert Path(values["model"]).is_dir()
        titles = [line.split(" ")[0] for line in err.splitlines()[-6:]]
        assert titles == ["Images", "Train", "Review", "Predict", "Export", "Serve"]
        assert "synthetic" in err
        drawn.append({path: path.stat().st_mtime_ns for path in demo_images().rglob("*.jpg")})
    assert len(drawn[0]) == 3 * FEW
    assert drawn[0] == drawn[1]
    assert [path.name for path in (own_home / "data" / "demo" / "exported").iterdir()] == ["Demo garments (synthetic)"]
    with Project.open(demo_project_folder()) as project:
        assert [one.state for one in project.runs()] == ["done", "done"]


def test_a_server_that_does_not_start_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="did not start"), tour._server(tmp_path / "nowhere"):
        pass


def test_its_server_ends_with_it(bundle: Path) -> None:
    with tour._server(bundle) as url, urllib.request.urlopen(f"{url}/health") as reply:
        assert reply.status == 200
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/health")
