"""The settings that a run of fine-tuning was begun with."""

from dataclasses import fields

from app.engines.snapshot import Snapshot
from app.settings import TorchSettings
from app.settings.torch import NONE

# Of settings that older versions did not have, where that is not the default.
AS_BEFORE = {"start_share": 0.0, "second_network": NONE}


def tuning_settings(snapshot: Snapshot) -> TorchSettings:
    """Return the settings of a run of fine-tuning; what older versions did not have is as it was then."""
    names = {field.name for field in fields(TorchSettings)}
    known = {name: value for name, value in snapshot.settings.items() if name in names}
    return TorchSettings(**{**AS_BEFORE, **known})  # type: ignore[arg-type]
