"""Images: found, decoded, preprocessed, split."""
