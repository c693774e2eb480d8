"""The values that a sweep offers for a setting at first: the preset's own, and sensible neighbours."""

from math import log10

from app.settings import Setting, Value
from app.sweeps.results import value_words

# Where half and double do not serve: strength 0 lets cross-validation choose among values like these, learning rates
# are told apart by larger steps, and networks take sides that are multiples of 32.
NAMED = {"strength": "0.5, 2, 8, 32", "learning_rate": "2e-4, 7e-4, 2e-3"}
STEPS = {"side": 64, "resolution": 64}
SMALL_SHARE, LARGE_SHARE = 0.5, 0.9
TENTH = 0.1


def first_values(setting: Setting, value: Value) -> str:
    """Return what to write beside a setting whose value in the preset is this one."""
    if setting.name in NAMED:
        return NAMED[setting.name]
    if isinstance(value, bool):
        return "true, false"
    if setting.choices:
        return ", ".join(dict.fromkeys((str(value), *setting.choices)))
    if isinstance(value, str):
        return f"{value};" if "," in value else value  # so that its commas divide nothing
    low, high = setting.low or 0.0, value if setting.high is None else setting.high
    around = (min(max(one, low), high) for one in _neighbours(setting.name, value, low, high))
    whole = isinstance(value, int)
    found = {int(one) if whole else float(f"{one:.4g}") for one in (*around, value)}
    return ", ".join(value_words(one) for one in sorted(found))


def _neighbours(name: str, value: float, low: float, high: float) -> tuple[float, float]:
    """Return a lower and a higher value, perhaps beyond the limits."""
    if name in STEPS:
        return value - STEPS[name], value + STEPS[name]
    if value == 0:
        step = _round_step(TENTH * high)
        return step, 2 * step
    if high <= 1:
        if low == 0 and value < SMALL_SHARE:
            return 0, 2 * value
        if LARGE_SHARE <= value < high:
            return 2 * value - 1, (1 + value) / 2
    return value / 2, 2 * value


def _round_step(step: float) -> float:
    """Return the number nearest to a step that is 1, 2 or 5 times a power of ten."""
    power: float = 10 ** int(log10(step) // 1)
    return min((digit * power for digit in (1, 2, 5, 10)), key=lambda one: abs(one - step))
