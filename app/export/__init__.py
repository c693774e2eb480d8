"""Bundles: one ONNX file that answers the same everywhere."""
