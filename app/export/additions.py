"""What an export adds to the bundle's folder, by the name of its form; each is imported when it is needed.

An addition takes the folder that is being written, what the bundle says, and the bundle that it is made from.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from app.export.bundle import BundleInfo
from app.export.exporters import CNTK, CONTAINER, COREML, NATIVE_FILE, OPENVINO, SAFETENSORS, TORCHSCRIPT
from app.files import resource_folder

Addition = Callable[[Path, BundleInfo, Path], None]


def _torchscript(made: Path, info: BundleInfo, bundle: Path) -> None:
    from app.export.torch_forms import write_torchscript

    _guide(made, TORCHSCRIPT)
    write_torchscript(made, info)


def _safetensors(made: Path, info: BundleInfo, bundle: Path) -> None:
    from app.export.torch_forms import write_safetensors

    _guide(made, SAFETENSORS)
    write_safetensors(made, info)


def _openvino(made: Path, info: BundleInfo, bundle: Path) -> None:
    from app.export.openvino_form import write_openvino

    _guide(made, OPENVINO)
    write_openvino(made, info)


def _coreml(made: Path, info: BundleInfo, bundle: Path) -> None:
    from app.export.coreml_form import write_coreml

    _guide(made, COREML)
    write_coreml(made, info)


def _native(made: Path, info: BundleInfo, bundle: Path) -> None:
    _guide(made, CNTK)
    shutil.copyfile(bundle.parent / NATIVE_FILE, made / CNTK / NATIVE_FILE)


def _container(made: Path, info: BundleInfo, bundle: Path) -> None:
    from app.export.container import write_container

    write_container(made, info)


def _guide(made: Path, form: str) -> None:
    """Copy how to use a form, which its folder is made of."""
    shutil.copytree(resource_folder() / "bundle" / form, made / form, dirs_exist_ok=True)


ADDITIONS: dict[str, Addition] = {
    TORCHSCRIPT: _torchscript,
    SAFETENSORS: _safetensors,
    CNTK: _native,
    OPENVINO: _openvino,
    COREML: _coreml,
    CONTAINER: _container,
}
