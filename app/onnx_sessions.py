"""ONNX Runtime sessions the way Sightline runs them: one thread each, many calls at once.

With batches of one and a thread per processor, EfficientNet-Lite0 runs about twice as fast as with larger
batches or several threads inside a call. Imports onnxruntime: for worker processes, server and command line.
"""

from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as problems

ERRORS_ONLY = 3
# What loading a file may raise that is no model, or one for a newer ONNX Runtime.
LOAD_ERRORS = (
    problems.Fail,
    problems.InvalidArgument,
    problems.InvalidGraph,
    problems.InvalidProtobuf,
    problems.NotImplemented,
    problems.RuntimeException,
)


def open_session(model: Path | bytes) -> onnxruntime.InferenceSession:
    """Load a model for the processor; onnxruntime's own exceptions are the caller's to word."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
