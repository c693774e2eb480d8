from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.engines.cntk_model import INPUT, CntkModel, Function, Variable, read_model
from app.engines.cntk_to_onnx import ConvertedNetwork, PixelForm, convert
from app.engines.cntk_windows import window
from app.errors import InputError
from app.evaluation.calibration import softmax
from app.onnx_sessions import open_session

TOLERANCE = 1e-4
AS_IT_IS = PixelForm(colour="rgb", subtract=0.0)
SMALL = ("residual", "plain", "operations", "classic", "any_size", "transferred")
ANY_SIDE = 20


def answers_of(converted: ConvertedNetwork, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    session = open_session(converted.network.SerializeToString())
    logits = session.run(["logits"], {"pixels": images.transpose(0, 2, 3, 1)})[0]
    return softmax(logits.astype(np.float64), 1.0)


def check_agreement(folder: Path, name: str) -> None:
    converted = convert(read_model(folder / f"{name}.model"), AS_IT_IS, side=ANY_SIDE)
    with np.load(folder / f"{name}.npz") as stored:
        images, expected = stored["images"], stored["answers"].astype(np.float64).reshape(-1, converted.classes)
    if not np.allclose(expected.sum(1), 1, atol=1e-5):  # CNTK gave logits
        expected = softmax(expected, 1.0)
    assert expected.std() > 0.02  # or equality would mean little
    assert expected.max() < 0.98
    assert (converted.height, converted.width) == images.shape[2:]
    assert np.abs(answers_of(converted, images) - expected).max() <= TOLERANCE


@pytest.mark.parametrize("name", SMALL)
def test_stored_models_answer_as_cntk_did(stored_models: Path, name: str) -> None:
    check_agreement(stored_models, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SMALL, "efficientnet"])
def test_fresh_models_answer_as_cntk_does(fresh_models: Path, name: str) -> None:
    check_agreement(fresh_models, name)


def test_the_tutorials_mean_is_subtracted_once(stored_models: Path) -> None:
    assert convert(read_model(stored_models / "residual.model")).subtracted == 0  # the network does it
    assert convert(read_model(stored_models / "plain.model")).subtracted == 114
    assert convert(read_model(stored_models / "plain.model"), PixelForm(subtract=7)).subtracted == 7


def test_pixels_are_fed_in_the_order_and_range_asked_for(stored_models: Path) -> None:
    model = read_model(stored_models / "plain.model")
    images = np.random.default_rng(1).integers(0, 256, (2, 3, 16, 13), np.uint8)
    rgb = answers_of(convert(model, AS_IT_IS), images)
    bgr = answers_of(convert(model, PixelForm("bgr", 0.0)), images[:, ::-1])
    dark = answers_of(convert(model, PixelForm("rgb", 0.0, 0.5)), images)
    assert np.array_equal(rgb, bgr)
    assert np.abs(rgb - dark).max() > 1e-3
    assert np.abs(answers_of(convert(model, PixelForm("rgb", 0.0, 0.5)), images // 2 * 2) - dark).max() < 0.05


def test_features_are_what_the_last_dense_layer_takes(stored_models: Path) -> None:
    network = convert(read_model(stored_models / "residual.model")).network
    sizes = {one.name: one.type.tensor_type.shape.dim[1].dim_value for one in network.graph.output}
    assert sizes == {"logits": 4, "features": 8}


def test_an_output_is_chosen_by_its_name(stored_models: Path) -> None:
    model = read_model(stored_models / "residual.model")
    assert convert(model, node="z").classes == 4
    with pytest.raises(InputError, match="no node “prob”") as raised:
        convert(model, node="prob")
    assert "z" in raised.value.hint


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [
        (16, 3, 1, (1, 1, 16)),
        (16, 3, 2, (1, 0, 8)),  # TensorFlow puts the cell on the other side
        (15, 3, 2, (1, 1, 8)),
        (16, 4, 1, (1, 2, 16)),
        (18, 1, 3, (-1, -1, 6)),
        (224, 7, 2, (3, 2, 112)),
    ],
)
def test_automatic_padding_is_divided_as_by_cntk(
    size: int, kernel: int, stride: int, expected: tuple[int, int, int]
) -> None:
    placed = window(size, kernel, stride, 1, True, 0, 0)
    assert (placed.low, placed.high, placed.count) == expected


def test_windows_are_rounded_up_where_asked() -> None:
    assert window(7, 2, 2, 1, False, 0, 0).count == 3
    assert window(7, 2, 2, 1, False, 0, 0, ceil=True).count == 4
    assert window(7, 3, 1, 2, False, 0, 0).count == 3


def rewritten(model: CntkModel, **changes: object) -> CntkModel:
    """Exchange parts of every convolution of a model."""
    functions = {
        uid: replace(one, **changes) if one.operation == "Convolution" else one  # type: ignore[arg-type]
        for uid, one in model.functions.items()
    }
    return replace(model, functions=functions)


def test_unknown_operations_are_named(stored_models: Path) -> None:
    model = rewritten(read_model(stored_models / "plain.model"), operation="OptimizedRNNStack")
    with pytest.raises(InputError, match="cannot be converted: OptimizedRNNStack"):
        convert(model)


def test_unknown_ways_of_convolution_are_named(stored_models: Path) -> None:
    model = read_model(stored_models / "plain.model")
    for attributes in ({"transpose": True}, {"sequential": True}, {"sharing": [False]}, {"groups": 7}):
        with pytest.raises(InputError, match="operation Convolution .* cannot be converted"):
            convert(rewritten(model, attributes=attributes))


def test_a_classifier_of_several_labels_is_refused(stored_models: Path) -> None:
    model = read_model(stored_models / "residual.model")
    last = Function("Last", "", "Sigmoid", (model.root,), {})
    sigmoid = replace(model, functions={**model.functions, "Last": last}, root="Last_Output_0")
    with pytest.raises(InputError, match="sigmoid"):
        convert(sigmoid)


def test_of_several_outputs_the_criteria_are_left_out(stored_models: Path) -> None:
    model = read_model(stored_models / "residual.model")
    truth = Variable("Truth", "", INPUT, (4,), None)
    loss = Function("Loss", "ce", "SquaredError", (model.root, "Truth"), {})
    both = Function("Both", "", "Combine", (model.root, "Loss_Output_0", model.root), {})
    with_loss = replace(
        model,
        variables={**model.variables, "Truth": truth},
        functions={**model.functions, "Loss": loss, "Both": both},
        root="Both_Output_0",
    )
    assert convert(with_loss).classes == 4
    image = next(one for one in model.functions.values() if one.operation == "Minus")
    twice = Function("Both", "", "Combine", (model.root, f"{image.uid}_Output_0"), {})
    with pytest.raises(InputError, match="several outputs") as raised:
        convert(replace(with_loss, functions={**with_loss.functions, "Both": twice}))
    assert "--node" in raised.value.hint


def test_the_input_must_be_a_colour_image(stored_models: Path) -> None:
    model = read_model(stored_models / "plain.model")
    image = next(one for one in model.variables.values() if one.kind == INPUT)

    def with_shape(*shape: int) -> CntkModel:
        return replace(model, variables={**model.variables, image.uid: replace(image, shape=shape)})

    with pytest.raises(InputError, match="1 × 28 × 28"):
        convert(with_shape(1, 28, 28))
    any_size = (1 << 64) - 3
    with pytest.raises(InputError, match="any size"):
        convert(with_shape(3, any_size, any_size))
    with pytest.raises(InputError, match="cut short or is no model"):  # its dense layer wants another size
        convert(with_shape(3, any_size, any_size), side=32)


def test_a_network_for_any_size_needs_one(stored_models: Path) -> None:
    model = read_model(stored_models / "any_size.model")
    with pytest.raises(InputError, match="any size") as raised:
        convert(model)
    assert "--side" in raised.value.hint
    converted = convert(model, side=31)
    assert (converted.height, converted.width) == (31, 31)


def test_pooling_over_an_unknown_window_is_over_the_whole_image(stored_models: Path) -> None:
    model = read_model(stored_models / "residual.model")
    pooling = [one for one in model.functions.values() if one.operation == "Pooling"][-1]
    windowless = replace(pooling, attributes={**pooling.attributes, "poolingWindowShape": ((1 << 64) - 2,)})
    images = np.random.default_rng(1).integers(0, 256, (2, 3, 22, 19), np.uint8)
    whole = convert(replace(model, functions={**model.functions, pooling.uid: windowless}))
    assert np.abs(answers_of(whole, images) - answers_of(convert(model), images)).max() < 1e-6


def test_a_recurrent_network_is_refused(stored_models: Path) -> None:
    model = read_model(stored_models / "plain.model")
    first = next(one for one in model.functions.values() if one.operation == "Convolution")
    loop = replace(first, inputs=(first.inputs[0], model.root))
    with pytest.raises(InputError, match="recurrent"):
        convert(replace(model, functions={**model.functions, first.uid: loop}))
