"""The ways to find what in an image speaks for a class, by name; naming them here loads nothing."""

ACTIVATION, OCCLUSION = "activation", "occlusion"
METHODS = (ACTIVATION, OCCLUSION)
