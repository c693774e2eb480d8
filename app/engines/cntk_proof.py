"""Prove that CNTK works: train a small network, save it, load it, export it. Run by CNTK's own Python 3.6.

`python cntk_proof.py FOLDER cpu|gpu` writes proof.model, proof.onnx and proof.npz (`images`, `answers`), and prints one
JSON object as its last line.
"""

import json
import os
import sys
import time
import warnings
from typing import Any

import numpy as np

SIDE = 12
CLASSES = 3
IMAGES = 60
STEPS = 40
EPSILON = 1e-4


def pictures() -> Any:
    """Draw noisy pictures, 0 to 255, that are brighter in one of three channels, and their classes as one-hot rows."""
    random = np.random.RandomState(1)
    truth = np.arange(IMAGES) % CLASSES
    images = random.randint(0, 176, (IMAGES, 3, SIDE, SIDE)).astype(np.float32)
    images[np.arange(IMAGES), truth] += 80
    return images, np.eye(CLASSES, dtype=np.float32)[truth]


def network(cntk: Any, image: Any) -> Any:
    """Build a convolutional classifier with what image classifiers are made of."""
    layers = cntk.layers
    values = layers.Convolution2D((3, 3), 8, pad=True, strides=2, bias=False)(image / 256)
    values = cntk.relu(layers.BatchNormalization(map_rank=1)(values))
    values = layers.MaxPooling((2, 2), strides=2)(values)
    return cntk.softmax(layers.Dense(CLASSES)(layers.GlobalAveragePooling()(values)))


def prove(folder: str, device: str) -> Any:
    """Do it all on a device and return the figures."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import cntk
    chosen = cntk.device.gpu(0) if device == "gpu" else cntk.device.cpu()
    if not cntk.device.try_set_default_device(chosen):
        raise RuntimeError("CNTK cannot use the device " + device)
    images, truth = pictures()
    image, label = cntk.input_variable(images.shape[1:]), cntk.input_variable(CLASSES)
    answer = network(cntk, image)
    logits = answer.root_function.inputs[0].owner
    loss = cntk.cross_entropy_with_softmax(logits, label)
    learner = cntk.adam(answer.parameters, cntk.learning_parameter_schedule(0.1), cntk.momentum_schedule(0.9))
    trainer = cntk.Trainer(answer, (loss, cntk.classification_error(answer, label)), [learner])
    losses = []
    started = time.time()
    for _ in range(STEPS):
        trainer.train_minibatch({image: images, label: truth})
        losses.append(trainer.previous_minibatch_loss_average)
    speed = STEPS * IMAGES / (time.time() - started)
    answers = answer.eval({image: images})
    if not losses[-1] < losses[0]:
        raise RuntimeError("the loss did not fall: " + str(losses))
    path = os.path.join(folder, "proof.model")
    answer.save(path)
    loaded = cntk.Function.load(path, device=chosen)
    again = loaded.eval({loaded.arguments[0]: images})
    if np.abs(again - answers).max() > EPSILON:
        raise RuntimeError("the saved network answers otherwise than the trained one")
    answer.save(os.path.join(folder, "proof.onnx"), format=cntk.ModelFormat.ONNX)
    np.savez(os.path.join(folder, "proof.npz"), images=images, answers=answers)
    return {
        "version": cntk.__version__,
        "device": device,
        "first_loss": losses[0],
        "last_loss": losses[-1],
        "images_per_second": speed,
    }


if __name__ == "__main__":
    print(json.dumps(prove(sys.argv[1], sys.argv[2])))
