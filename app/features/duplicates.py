"""TEMP by lead until the evaluation engineer's version lands: overwrite freely."""

import numpy as np


def group_near_duplicates(hashes, features):
    return np.unique(hashes, return_inverse=True)[1]
