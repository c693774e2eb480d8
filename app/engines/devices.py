"""Where training computes: the processor, or a graphics card that has proved to agree with it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor

from app.engines.protocol import Note, OnEvent
from app.engines.tuned_network import TunedNetwork

COMPARED = 64  # pictures
MOST_DIFFERENCE = 0.02  # of a card's probability in full precision; cards round products to ten bits or so
CPU, GPU = "cpu", "gpu"


@dataclass(frozen=True)
class Device:
    """A device by torch's name; `precision` is that of products in mixed precision, None where there is none."""

    name: str = "cpu"
    precision: torch.dtype | None = None

    @property
    def scales(self) -> bool:
        """Tell whether losses must be scaled, as 16-bit floats of the old kind would lose small slopes."""
        return self.precision == torch.float16

    def moved(self, batch: Tensor) -> Tensor:
        """Bring a batch here; towards a card from pinned memory, beside other work."""
        if self.name == "cpu":
            return batch
        return batch.pin_memory().to(self.name, non_blocking=True)

    def mixed(self) -> AbstractContextManager[object]:
        """Return the context in which the network runs forwards."""
        kind = self.name.partition(":")[0]
        return torch.autocast(kind, dtype=self.precision or torch.bfloat16, enabled=self.precision is not None)

    def scaler(self) -> torch.amp.GradScaler:
        """Return what scales losses; where that is not needed, it does nothing."""
        return torch.amp.GradScaler(self.name.partition(":")[0], enabled=self.scales)


def choose_device(wish: str, network: TunedNetwork, pictures: Tensor, on_event: OnEvent) -> Device:
    """Return the device to train on: `auto` and `gpu` take a card if there is one that passes the self-test."""
    if wish == CPU:
        return Device()
    if not torch.cuda.is_available():
        if wish == GPU:
            on_event(Note("There is no graphics card that PyTorch can use here; training runs on the processor."))
        return Device()
    card = Device("cuda", torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16)
    problem = self_test(card, network, pictures[:COMPARED])
    if problem:
        on_event(Note(f"{problem} Training runs on the processor."))
        return Device()
    return card


@torch.no_grad()
def self_test(device: Device, network: TunedNetwork, pictures: Tensor) -> str:
    """Say how a device's answers for pictures [N, 3, S, S] differ from the processor's, or nothing."""
    expected = network(pictures).softmax(dim=1)
    try:
        network.to(device.name)
        found = network(device.moved(pictures)).softmax(dim=1).cpu()
    except RuntimeError as error:
        return f"The graphics card failed its self-test ({str(error).splitlines()[0]})."
    finally:
        network.to("cpu")
    difference = float((found - expected).abs().max())
    if not difference <= MOST_DIFFERENCE:
        return f"The graphics card's answers differ from the processor's by up to {difference:.1%}."
    return ""
