"""The shares of right answers on a validation part. CNTK's Python 3.6 imports this, too: numpy alone."""

from typing import Any, Dict

import numpy as np


def validation_shares(logits: Any, truth: Any) -> Dict[str, Any]:
    """Return the share of right answers to logits [N, C] and truth [N]: of all, of each class, and the classes' mean.

    All are within 0 to 1; that of a class without images is None. N is at least 1.
    """
    right = np.argmax(logits, axis=1) == truth
    of_class = [right[truth == label] for label in range(logits.shape[1])]
    recalls = [float(one.mean()) if len(one) else None for one in of_class]
    known = [one for one in recalls if one is not None]
    return {
        "validation_accuracy": float(right.mean()),
        "validation_macro_recall": sum(known) / len(known),
        "validation_recalls": recalls,
    }
