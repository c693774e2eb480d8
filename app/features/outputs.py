"""What the outputs of a run's network are called."""

LOGITS = "logits"
FEATURES = "features"
SECOND_FEATURES = "second_features"  # what a pretrained network beside it sees, for novelty and a share of the answers
