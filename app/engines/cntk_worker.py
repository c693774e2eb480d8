"""The worker of the `cntk` engine. CNTK's own Python 3.6 starts it by its path; see app/engines/cntk_training.

The package `app` is found from here, as nothing of Sightline is installed in that Python.
"""

import os
import sys
import warnings
from typing import Any, Dict

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[0] = ROOT

from app.engines.cntk_training.channel import Channel, private_stdout, serve  # noqa: E402


def learn(job: Dict[str, Any], channel: Channel) -> Dict[str, Any]:
    """Train as the task in the job's `run` folder says."""
    from app.engines.cntk_training.learning import learn

    return learn(job["run"], channel)


def join(job: Dict[str, Any], channel: Channel) -> Dict[str, Any]:
    """Save the finished network in the job's `run` folder, and what CNTK answers with it."""
    from app.engines.cntk_training.joining import join

    return join(job["run"], channel)


def main() -> None:
    """Speak the protocol until the input ends."""
    output = private_stdout()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import cntk
    devices = ["cpu"] + ["gpu"] * any(one.type() == cntk.DeviceKind.GPU for one in cntk.device.all_devices())
    hello = {"engine": "cntk", "version": cntk.__version__, "devices": devices}
    serve(hello, {"learn": learn, "join": join}, output)
    sys.stderr.flush()
    os._exit(0)  # everything is written, and taking CNTK down in good order takes long


if __name__ == "__main__":
    main()
