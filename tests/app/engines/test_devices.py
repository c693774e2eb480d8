"""The choice of a device and its self-test; a card is played by torch's `meta` device or by the processor itself."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from app.engines.devices import COMPARED, Device, choose_device, self_test
from app.engines.linear_head import LinearHead
from app.engines.protocol import Event, Note
from app.engines.torch_models import EfficientNetLite
from app.engines.tuned_network import TunedNetwork


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def network() -> TunedNetwork:
    torch.manual_seed(0)
    weights = np.random.default_rng(0).normal(0, 3, (3, 1280)).astype(np.float32)
    return TunedNetwork(EfficientNetLite(), LinearHead(weights, np.zeros(3, np.float32)))


@pytest.fixture
def pictures() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (COMPARED, 3, 32, 32)).astype(np.float32))


def test_without_a_card_training_runs_on_the_processor(
    network: TunedNetwork, pictures: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    events: list[Event] = []
    assert choose_device("auto", network, pictures, events.append) == Device()
    assert events == []
    assert choose_device("gpu", network, pictures, events.append) == Device()
    assert [event.text for event in events if isinstance(event, Note)] == [
        "There is no graphics card that PyTorch can use here; training runs on the processor."
    ]


class WrongCard(Device):
    """A card whose pictures arrive darker."""

    def moved(self, batch: torch.Tensor) -> torch.Tensor:
        return batch * 0.2


def test_a_device_that_agrees_passes_and_one_that_does_not_is_told(
    network: TunedNetwork, pictures: torch.Tensor
) -> None:
    assert self_test(Device(), network, pictures) == ""
    assert "differ from the processor's by up to" in self_test(WrongCard(), network, pictures)


def test_a_card_that_fails_its_self_test_is_not_used(
    network: TunedNetwork, pictures: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: True)

    def broken(self: Device, batch: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("CUDA error: no kernel image is available\nand more")

    monkeypatch.setattr(Device, "moved", broken)
    monkeypatch.setattr(TunedNetwork, "to", lambda self, *where, **how: self)
    events: list[Event] = []
    assert choose_device("auto", network, pictures, events.append) == Device()
    (note,) = [event.text for event in events if isinstance(event, Note)]
    assert note == (
        "The graphics card failed its self-test (CUDA error: no kernel image is available). "
        "Training runs on the processor."
    )


def test_one_that_passes_is_used_in_the_precision_it_has(
    network: TunedNetwork, pictures: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: False)
    monkeypatch.setattr(Device, "moved", lambda self, batch: batch)
    monkeypatch.setattr(TunedNetwork, "to", lambda self, *where, **how: self)
    card = choose_device("auto", network, pictures, lambda event: None)
    assert card == Device("cuda", torch.float16)
    assert card.scales


def test_products_in_mixed_precision_train_on_the_processor_too(network: TunedNetwork, pictures: torch.Tensor) -> None:
    device = Device("cpu", torch.bfloat16)
    with device.mixed():
        logits = network(pictures[:2])
    assert not device.scales
    torch.testing.assert_close(logits.float(), network(pictures[:2]), rtol=0.2, atol=0.5)
