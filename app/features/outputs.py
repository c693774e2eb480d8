"""What the outputs of a network are called that are features."""

FEATURES = "features"
FIRST_FEATURES = "first_features"  # what it saw before it was fine-tuned, where novelty needs that
