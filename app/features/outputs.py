"""What the outputs of a network are called that are features."""

FEATURES = "features"
SECOND_FEATURES = "second_features"  # what a pretrained network beside it sees, for novelty and a share of the answers
