"""The settings that a run of fine-tuning was begun with."""

from app.engines.snapshot import Snapshot
from app.settings import TORCH, TorchSettings, still_known
from app.settings.torch import NONE

# Of settings that older versions did not have, where that is not the default.
AS_BEFORE = {"start_share": 0.0, "second_network": NONE}


def tuning_settings(snapshot: Snapshot) -> TorchSettings:
    """Return the settings of a run of fine-tuning; what older versions did not have is as it was then.

    What this version no longer has is left out.
    """
    return TorchSettings(**{**AS_BEFORE, **still_known(TORCH, snapshot.settings)})  # type: ignore[arg-type]
