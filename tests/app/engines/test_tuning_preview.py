"""The preview of augmentation, drawn by a real worker."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.dataset.decode import read_image
from app.engines.preview import draw_preview, preview_process
from app.errors import EngineError
from app.settings import BALANCED, TorchSettings

PLAIN = replace(BALANCED, side=160, smallest_crop=1.0, flip=False)


def ignore(*values: object) -> None:
    """Hear and do nothing."""


def test_eight_pictures_follow_the_settings_and_the_seed(garments: Path, tmp_path: Path) -> None:
    paths = sorted(garments.glob("*/*"))[:5]
    with preview_process() as worker:
        worker.start()

        def draw(name: str, settings: TorchSettings, seed: int = 0) -> list[np.ndarray]:
            folder = tmp_path / name
            folder.mkdir()
            drawn = draw_preview(worker, [tmp_path / "gone", *paths], settings, seed, folder, ignore, threading.Event())
            assert drawn == [folder / f"{number}.png" for number in range(1, 9)]
            return [read_image(path) for path in drawn]

        plain, again, other = (draw(str(number), PLAIN, number // 2) for number in range(3))
        assert {picture.shape for picture in plain} == {(160, 160, 3)}
        assert all(np.array_equal(one, two) for one, two in zip(plain, again, strict=True))
        assert not all(np.array_equal(one, two) for one, two in zip(plain, other, strict=True))
        turned = draw("turned", replace(PLAIN, flip_vertical=True, rotation=180.0))
        assert sum(np.abs(one.astype(int) - two).mean() > 2 for one, two in zip(plain, turned, strict=True)) >= 4
        erased = draw("erased", replace(PLAIN, trained="whole", colour=0.0, erasing=1.0))
        assert all((picture == 127).all(axis=2).mean() > 0.01 for picture in erased)
        with pytest.raises(EngineError, match="nothing to show"):
            draw_preview(worker, [tmp_path / "gone"], PLAIN, 0, tmp_path, ignore, threading.Event())
