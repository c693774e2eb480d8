"""The same ONNX file behind LitServe, as its documentation does it; runs in an environment of its own.

Arguments: the model, the port, the number of workers, the threads inside a call (0 is ONNX Runtime's choice).
"""

import base64
import sys
from typing import Any

import cv2
import litserve
import numpy as np
import onnxruntime


class Classify(litserve.LitAPI):
    """Decodes {"image": base64} and runs the model."""

    def setup(self, device: str) -> None:
        """Load the model in the worker."""
        cv2.setNumThreads(1)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(sys.argv[4])
        self.session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])

    def decode_request(self, request: dict[str, str]) -> Any:
        """Return the pixels, RGB."""
        data = np.frombuffer(base64.b64decode(request["image"]), np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)

    def predict(self, image: Any) -> Any:
        """Return the probabilities."""
        return self.session.run(["probabilities"], {"image": image[np.newaxis]})[0][0]

    def encode_response(self, output: Any) -> dict[str, list[float]]:
        """Return them as JSON."""
        return {"probabilities": output.tolist()}


if __name__ == "__main__":
    server = litserve.LitServer(Classify(), accelerator="cpu", workers_per_device=int(sys.argv[3]), timeout=120)
    server.run(host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False, log_level="warning")
