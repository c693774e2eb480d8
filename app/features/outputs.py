"""What the outputs of a network are called that are features."""

FEATURES = "features"
SECOND_FEATURES = "second_features"  # what a pretrained network beside it sees, where novelty needs that
