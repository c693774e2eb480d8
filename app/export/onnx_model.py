"""Join preprocessing, network and calibration into the one ONNX file of a bundle.

Imports onnx: for worker processes and tests only.
"""

from collections.abc import Mapping

import onnx
from onnx import ModelProto, TensorProto, compose, helper, utils

from app.dataset.preprocess import IR_VERSION, PIXELS, preprocess_graph
from app.features.outputs import FEATURES, LOGITS, SECOND_FEATURES

PROBABILITIES = "probabilities"


def join_model(
    network: ModelProto, temperature: float, metadata: Mapping[str, str], preprocess: ModelProto | None = None
) -> ModelProto:
    """Build `image`, uint8 RGB [N, H, W, 3] → `probabilities` [N, C], calibrated, and `features` [N, D].

    `network` maps `pixels`, uint8 RGB [N, side, side, 3], to `logits` and `features`. A network that was trained on
    other pixels than Sightline's brings the graph for them, from `image` to `pixels`. Further features of the network
    stay in the graph, for what is built on them.
    """
    model = compose.merge_models(
        preprocess or preprocess_graph(network_side(network)),
        network,
        io_map=[(PIXELS, PIXELS)],
        outputs=[LOGITS, *feature_views(network)],
    )
    graph = model.graph
    graph.initializer.append(helper.make_tensor("temperature", TensorProto.FLOAT, [1], [temperature]))
    graph.node.extend(
        [
            helper.make_node("Div", [LOGITS, "temperature"], ["calibrated"]),
            helper.make_node("Softmax", ["calibrated"], [PROBABILITIES], axis=1),
        ]
    )
    outputs = {output.name: output for output in graph.output}
    classes = outputs[LOGITS].type.tensor_type.shape.dim[1].dim_value
    probabilities = helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, ["batch", classes])
    features = onnx.ValueInfoProto()
    features.CopyFrom(outputs[FEATURES])
    del graph.output[:]
    graph.output.extend([probabilities, features])
    helper.set_model_props(model, dict(metadata))
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return model


def feature_views(network: ModelProto) -> list[str]:
    """Name the outputs of a run's network that are features: its own, and those of a second network, if any."""
    return [name for name in (FEATURES, SECOND_FEATURES) if name in {output.name for output in network.graph.output}]


def head_of(model: ModelProto) -> ModelProto:
    """Cut out what a bundle's model does from `features` to `probabilities`."""
    head: ModelProto = utils.Extractor(model).extract_model([FEATURES], [PROBABILITIES])
    return head


def network_side(network: ModelProto) -> int:
    """Return the width and height of the pixels a network takes."""
    shape = network.graph.input[0].type.tensor_type.shape
    return int(shape.dim[1].dim_value)
