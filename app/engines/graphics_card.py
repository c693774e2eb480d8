"""The NVIDIA card of this computer, and whether CNTK's build for CUDA 10.0 can use it."""

import shutil
import subprocess
from dataclasses import dataclass

DRIVER = "nvidia-smi"
PATIENCE_S = 20
QUERY = ("--query-gpu=name,compute_cap", "--format=csv,noheader")
OLDEST, NEWEST = 3.0, 7.5  # compute capability: Kepler to Turing
SUPPORTED = "CNTK supports NVIDIA cards from Kepler to Turing (GeForce GTX 600 to RTX 20, Tesla K to T4)"


@dataclass(frozen=True)
class GraphicsCard:
    """A card by NVIDIA's driver; `capability` is 0 where the driver does not tell."""

    name: str
    capability: float

    @property
    def problem(self) -> str:
        """Say why CNTK cannot use the card, or nothing."""
        if self.capability and not OLDEST <= self.capability <= NEWEST:
            return f"{SUPPORTED}; the {self.name} is {'newer' if self.capability > NEWEST else 'older'}."
        return ""


def has_driver() -> bool:
    """Tell at once whether NVIDIA's driver is installed, without asking it for a card."""
    return shutil.which(DRIVER) is not None


def find_card() -> GraphicsCard | None:
    """Ask NVIDIA's driver for its first card; None where there is no driver or no card."""
    program = shutil.which(DRIVER)
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, *QUERY], capture_output=True, text=True, timeout=PATIENCE_S, check=False, stdin=subprocess.DEVNULL
        )
        if done.returncode != 0:  # drivers older than the query for the capability
            done = subprocess.run(
                [program, QUERY[0].partition(",")[0], QUERY[1]],
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=False,
                stdin=subprocess.DEVNULL,
            )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return parse_card(done.stdout) if done.returncode == 0 else None


def parse_card(answer: str) -> GraphicsCard | None:
    """Read the first line of the driver's answer, `name, capability` or `name`."""
    line = next((line.strip() for line in answer.splitlines() if line.strip()), "")
    if not line:
        return None
    name, _, capability = line.rpartition(", ")
    try:
        return GraphicsCard(name, float(capability)) if name else GraphicsCard(line, 0.0)
    except ValueError:
        return GraphicsCard(line, 0.0)
