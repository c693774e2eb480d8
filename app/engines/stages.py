"""What each engine does between the division of the images and the bundle; imports none of their frameworks."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from app.engines.cntk_runtime import default_runtime
from app.engines.process import QUICK_WORKER, EngineProcess
from app.engines.snapshot import NETWORK_FILE

TORCH_TRAINING = "app.engines.torch_training"
CNTK_PREPARATION = "app.engines.cntk_preparation"
CNTK_OUTPUT = "app.engines.cntk_output"
CNTK_WORKER = Path(__file__).resolve().parent / "cntk_worker.py"
# Else the C library gives large blocks back to the system at each step, and training takes twice as long.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str((1 << 31) - 1)}
# Else torch's threads wait for each other by turning in circles, which on a busy computer takes many times as long.
WAIT_ASLEEP = {"OMP_WAIT_POLICY": "PASSIVE"}
CNTK_PATIENCE_S = 1.5  # a minibatch can take longer and cannot be interrupted
OWN, CNTK = "own", "cntk"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stage:
    """A job, and the worker that does it: the run's own, or one of `WORKERS`."""

    job: str
    worker: str = OWN


@dataclass(frozen=True)
class Stages:
    """The modules that the run's own worker serves, and the jobs in order, which leave network and validation scores.

    `chosen` says how whatever was not learnt was chosen, for the protocol: “… on the other 1,000 images”. `checkpoint`
    is the file in the run folder from which a run can go on.
    """

    modules: tuple[str, ...]
    stages: tuple[Stage, ...]
    chosen: str
    checkpoint: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


ON_A_PART = "The best epoch, the calibration and the thresholds were chosen on a part set aside from training"
STAGES = {
    "quick": Stages(
        (QUICK_WORKER,), (Stage("train"),), "Strength, calibration and thresholds were chosen by cross-validation"
    ),
    "torch": Stages(
        (QUICK_WORKER, TORCH_TRAINING),
        (Stage("pixels"), Stage("fine_tune")),
        ON_A_PART,
        "checkpoint.pt",
        {**KEEP_MEMORY, **WAIT_ASLEEP},
    ),
    "cntk": Stages(
        (QUICK_WORKER, CNTK_PREPARATION, CNTK_OUTPUT),
        (Stage("prepare"), Stage("learn", CNTK), Stage("fit_svm"), Stage("join", CNTK), Stage("convert")),
        ON_A_PART,
        "checkpoint.json",
    ),
}


def tidy(run: Path, engine: str) -> None:
    """Remove what nothing reads once a run is finished: where it would go on from, and the network in its bundle."""
    for name in filter(None, (STAGES[engine].checkpoint, NETWORK_FILE)):
        try:
            (run / name).unlink(missing_ok=True)
        except OSError as error:
            log.warning("“%s” stays: %s", run / name, error)


def cntk_process() -> EngineProcess:
    """Return CNTK's worker, in CNTK's own Python, which was not started yet."""
    runtime = default_runtime()
    return EngineProcess([str(runtime.python), str(CNTK_WORKER)], runtime.variables(), CNTK_PATIENCE_S)


WORKERS: dict[str, Callable[[], EngineProcess]] = {CNTK: cntk_process}


class RunProcesses:
    """The processes of a run: its own, and those that its stages name, each started when it is first needed."""

    def __init__(self, own: EngineProcess, lent: bool = False):
        """Leave the run's own process to its owner at the end if it is `lent`."""
        self._open = {OWN: own}
        self._lent = lent

    def __enter__(self) -> "RunProcesses":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, process in self._open.items():
            if name != OWN or not self._lent:
                process.close()

    def of(self, worker: str) -> EngineProcess:
        """Return the process of a worker, ready for jobs; raises EngineError where it cannot start."""
        if worker not in self._open:
            self._open[worker] = WORKERS[worker]()
            self._open[worker].start()
        return self._open[worker]
