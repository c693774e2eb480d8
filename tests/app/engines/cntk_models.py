"""Save small networks with CNTK itself, and what it answers; run by a Python 3.6 that has cntk.

`python cntk_models.py FOLDER [WEIGHTS]` writes NAME.model and NAME.npz (`images` [N, 3, H, W], `answers` [N, classes])
for every network. With WEIGHTS, an .npz file, EfficientNet-Lite0 is rebuilt from those too.
"""

import os
import sys
import warnings
from typing import Any

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import cntk as C  # noqa: N812

RANDOM = np.random.RandomState(7)
EPSILON = 1e-3
ANY_SIDE = 20  # of the pictures for a network that takes any


def numbers(*shape: int) -> Any:
    """Draw numbers around 0."""
    return (RANDOM.standard_normal(shape) * 0.4).astype(np.float32)


def normalised(x: Any, channels: int) -> Any:
    """Normalise with statistics that are not the ones of an untrained layer."""
    return C.batch_normalization(
        x,
        C.parameter((channels,), init=1 + numbers(channels)),
        C.parameter((channels,), init=numbers(channels)),
        C.constant(numbers(channels)),
        C.constant(0.5 + numbers(channels) ** 2),
        running_count=C.constant(1.0),
        spatial=True,
        epsilon=EPSILON,
        use_cudnn_engine=False,
    )


def residual() -> Any:
    """Build what the tutorial's models are in small: 114 subtracted, residual blocks, a dense layer without softmax."""
    x = C.input_variable((3, 22, 19), name="features")
    y = C.relu(normalised(C.layers.Convolution2D((3, 3), 6, pad=True, strides=2, bias=False)((x - 114) / 128), 6))
    y = C.layers.MaxPooling((3, 3), strides=2, pad=True)(y)
    for channels, stride in ((6, 1), (8, 2)):
        short = y
        if stride > 1:
            short = normalised(C.layers.Convolution2D((1, 1), channels, strides=stride, bias=False)(y), channels)
        y = C.layers.Convolution2D((3, 3), channels, pad=True, strides=stride, bias=False)(y)
        y = C.relu(normalised(y, channels))
        y = normalised(C.layers.Convolution2D((3, 3), channels, pad=True, bias=False)(y), channels)
        y = C.relu(y + short)
    y = C.layers.GlobalAveragePooling()(y)
    return C.layers.Dense(4, name="z")(C.layers.Dropout(0.5)(y))


def plain() -> Any:
    """Build a plain convolutional network with a softmax: windows of even size, groups, splice."""
    x = C.input_variable((3, 16, 13))
    y = C.layers.Convolution2D((4, 4), 4, pad=True, activation=C.relu)(x * (1 / 256))
    y = C.layers.MaxPooling((2, 2), strides=2)(y)
    y = C.splice(y, C.clip(C.layers.Convolution2D((3, 3), 4, pad=True)(y), 0, 6), axis=0)
    y = C.convolution(
        C.parameter((8, 1, 3, 3), init=numbers(8, 1, 3, 3)), y, (2, 2), auto_padding=[False] * 3, groups=8
    )
    y = C.layers.AveragePooling((2, 2), strides=2, pad=True)(y)
    y = C.layers.BatchNormalization(epsilon=0.5)(y)
    return C.softmax(C.layers.Dense(3)(C.layers.Dense(5, activation=C.relu)(y)))


def operations() -> Any:
    """Use the operations that the other two do not."""
    x = C.input_variable((3, 8, 6))
    y = C.pad(x / 128 - 1, [(0, 0), (0, 1), (1, 2)], mode=C.ops.CONSTANT_PAD, constant_value=2)
    y = C.convolution(C.parameter((4, 3, 3, 3), init=numbers(4, 3, 3, 3)), y, (2, 2), auto_padding=[False] * 3)
    y = C.leaky_relu(y) + C.pooling(y, C.AVG_POOLING, (3, 3), (1, 1), [True, True], include_pad=True)
    y = y + C.pooling(y, C.MAX_POOLING, (1, 3, 3), (1, 1, 1), [False, True, True])
    y = C.slice(C.reshape(y, (-1, 4), begin_axis=0, end_axis=2), -1, 1, 4)
    y = C.reshape(C.reduce_mean(y, axis=1), (-1,))
    y = C.tanh(C.transpose(C.layers.Dense((2, 3, 4))(y / 8), (1, 2, 0)))
    y = C.splice(C.reduce_max(y, axis=-1), C.reduce_sum(y, axis=2), axis=2)
    y = C.hard_sigmoid(y, 0.2, 0.5) + C.elu(y) + C.selu(y) + C.softplus(y) + C.tanh(y) * C.sigmoid(-y)
    y = C.softmax(y, axis=0) * C.softmax(y) + C.exp(y - 3) - C.abs(y) + C.sqrt(C.square(y) + 1) + C.log(C.exp(y) + 1)
    y = 0.2 * C.reduce_sum(C.times(C.squeeze(C.slice(y, 2, 0, 1)), C.parameter((4, 5), init=numbers(4, 5))), axis=0)
    return C.log_softmax(C.squeeze(y), name="z")


def classic() -> Any:
    """Use what older networks were made of: local response normalisation, branches, windows rounded up."""
    x = C.input_variable((3, 15, 16))
    y = C.local_response_normalization(C.layers.Convolution2D((1, 1), 6)((x - 128) / 64), 2, 1.0, 0.1, 0.75)
    branches = [
        C.layers.AveragePooling((3, 3), strides=1, pad=True)(y),
        C.layers.MaxPooling((3, 3), strides=1, pad=True)(y),
        C.layers.Convolution2D((1, 5), 4, pad=True)(y),
        C.layers.Convolution2D((5, 1), 4, pad=True)(y),
    ]
    y = C.param_relu(C.parameter((20, 1, 1), init=numbers(20, 1, 1)), C.splice(*branches, axis=0))
    y = C.pooling(y, C.MAX_POOLING, (3, 3), (2, 2), ceil_out_dim=True)
    y = C.pooling(y, C.AVG_POOLING, (2, 2), (2, 2), ceil_out_dim=True)
    y = C.layers.LayerNormalization()(C.layers.Dense(8)(y))
    return C.softmax(C.layers.Convolution2D((1, 1), 5)(C.reshape(y, (8, 1, 1))), axis=0)


def any_size() -> Any:
    """Build a network that takes images of any size."""
    x = C.input_variable((3, C.FreeDimension, C.FreeDimension))
    y = C.layers.Convolution2D((3, 3), 6, strides=2, pad=True, activation=C.relu)((x - 128) / 64)
    return C.layers.Dense(3)(C.reduce_mean(y, axis=[1, 2]))


def transferred() -> Any:
    """Train a new last layer on a frozen network, as the tutorial does, and keep the criteria beside the answer."""
    base = residual()
    features = C.combine([C.logging.graph.find_by_name(base, "z").inputs[-1].owner])
    x = C.input_variable((3, 22, 19))
    truth = C.input_variable(3)
    z = C.layers.Dense(3)(features.clone(C.CloneMethod.freeze, {features.arguments[0]: x - 5}))
    loss, error = C.cross_entropy_with_softmax(z, truth), C.classification_error(z, truth)
    rate = C.learning_parameter_schedule(0.1)
    trainer = C.Trainer(z, (loss, error), [C.momentum_sgd(z.parameters, rate, C.momentum_schedule(0.9))])
    images = RANDOM.randint(0, 256, (6, 3, 22, 19)).astype(np.float32)
    trainer.train_minibatch({x: images, truth: np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]]})
    return C.combine([z, loss, error])


def efficientnet(weights: Any) -> Any:
    """Rebuild EfficientNet-Lite0 from the published weights, with a classifier of drawn numbers."""

    def convolution(x: Any, key: str, stride: int = 1, groups: int = 1) -> Any:
        kernel = weights[key + ".weight"]
        size = kernel.shape[-1]
        pads = []
        for length in x.shape[1:]:
            total = max((-(-length // stride) - 1) * stride + size - length, 0)
            pads.append((total // 2, total - total // 2))
        x = C.pad(x, [(0, 0)] + pads, mode=C.ops.CONSTANT_PAD) if size > 1 else x
        kernel = C.parameter(kernel.shape, init=kernel)
        return C.convolution(kernel, x, (stride, stride), auto_padding=[False] * 3, groups=groups)

    def norm(x: Any, key: str) -> Any:
        scale, bias, mean, variance = (
            weights[key + part] for part in (".weight", ".bias", ".running_mean", ".running_var")
        )
        return C.batch_normalization(
            x,
            C.parameter(scale.shape, init=scale),
            C.parameter(bias.shape, init=bias),
            C.constant(mean),
            C.constant(variance),
            running_count=C.constant(1.0),
            spatial=True,
            epsilon=EPSILON,
            use_cudnn_engine=False,
        )

    x = (C.input_variable((3, 224, 224)) - 127.0) * (1 / 128)
    y = C.clip(norm(convolution(x, "_conv_stem", 2), "_bn0"), 0, 6)
    for number, (stride, expands, adds) in enumerate(weights["blocks"].tolist()):
        block = "_blocks.{}.".format(number)
        before = y
        if expands:
            y = C.clip(norm(convolution(y, block + "_expand_conv"), block + "_bn0"), 0, 6)
        y = convolution(y, block + "_depthwise_conv", stride, y.shape[0])
        y = C.clip(norm(y, block + "_bn1"), 0, 6)
        y = norm(convolution(y, block + "_project_conv"), block + "_bn2")
        y = y + before if adds else y
    y = C.clip(norm(convolution(y, "_conv_head"), "_bn1"), 0, 6)
    y = C.reshape(C.layers.GlobalAveragePooling()(y), (1280,))
    return C.softmax(C.times(y, C.parameter((1280, 7), init=numbers(1280, 7))))


def save(network: Any, name: str, folder: str, count: int) -> None:
    """Save a network, drawn pictures, and what CNTK gives for each."""
    shape = tuple(size if size > 0 else ANY_SIDE for size in network.arguments[0].shape)
    images = RANDOM.randint(0, 256, (count,) + shape).astype(np.uint8)
    answer = C.combine([network.outputs[0]])
    answers = answer.eval({answer.arguments[0]: images.astype(np.float32)})
    network.save(os.path.join(folder, name + ".model"))
    np.savez_compressed(os.path.join(folder, name + ".npz"), images=images, answers=answers)


NETWORKS = {
    "residual": residual,
    "plain": plain,
    "operations": operations,
    "classic": classic,
    "any_size": any_size,
    "transferred": transferred,
}


if __name__ == "__main__":
    C.cntk_py.set_max_num_cputhreads(1)
    for title, build in NETWORKS.items():
        save(build(), title, sys.argv[1], 3)
    if len(sys.argv) > 2:
        save(efficientnet(np.load(sys.argv[2])), "efficientnet", sys.argv[1], 2)
