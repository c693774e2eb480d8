"""The settings that a run of fine-tuning was begun with."""

from app.engines.snapshot import Snapshot
from app.settings import TorchSettings

# Of settings that older versions did not have, where that is not the default.
AS_BEFORE = {"start_share": 0.0, "both_networks": False}


def tuning_settings(snapshot: Snapshot) -> TorchSettings:
    """Return the settings of a run of fine-tuning; what older versions did not have is as it was then."""
    return TorchSettings(**{**AS_BEFORE, **snapshot.settings})  # type: ignore[arg-type]
