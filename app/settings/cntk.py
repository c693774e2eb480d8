"""The settings of the cntk engine: those of Microsoft's tutorial, with its values where they still serve."""

from dataclasses import dataclass

from app.settings.table import setting

SOFTMAX, SVM, DNN, SVM_REFINED = "softmax", "svm", "dnn", "svmDnnRefined"
MODES = (SOFTMAX, SVM, DNN, SVM_REFINED)
REFINING = (DNN, SVM_REFINED)
WITH_SVM = (SVM, SVM_REFINED)
OUR_NETWORK = "efficientnet-lite0"
RATES_HELP = (
    "Numbers above 0, one for each epoch, the last for all that follow; “0.01*7, 0.001” is the first for seven epochs."
)


def read_numbers(text: str) -> tuple[float, ...]:
    """Read positive numbers, separated by commas, each perhaps several times (`0.01*7`); raises ValueError."""
    numbers: list[float] = []
    for part in text.split(","):
        number, times, count = part.partition("*")
        value, repeats = float(number), int(count) if times else 1
        if not 0 < value < float("inf") or not 0 < repeats <= 1000:
            raise ValueError(part)
        numbers += [value] * repeats
    return tuple(numbers)


@dataclass(frozen=True)
class CntkSettings:
    """How the cntk engine trains."""

    mode: str = setting(
        SOFTMAX,
        "Mode",
        "Train a softmax layer (softmax) or a linear support vector machine (svm) on the network as it is, refine the "
        "whole network (dnn), or refine it and train a support vector machine on top (svmDnnRefined).",
        choices=MODES,
    )
    network: str = setting(
        OUR_NETWORK,
        "Network",
        "What is built upon: “efficientnet-lite0”, which comes with Sightline, or the path of a CNTK 2 .model file.",
        files="*.model",
    )
    feature_node: str = setting(
        "",
        "Feature node",
        "The node of a .model file whose output is classified, such as z.x.x.r in Microsoft's ResNets; empty: found.",
    )
    colour: str = setting(
        "auto",
        "Order of colours",
        "In which order a .model file takes colours; “auto” is blue first, but for networks made by Sightline.",
        choices=("auto", "bgr", "rgb"),
    )
    subtract: float = setting(
        114.0, "Subtracted", "From each value of an image for a .model file, unless it subtracts by itself.", 0, 255
    )
    resolution: int = setting(224, "Image size", "Width and height of the images for the network.", 32, 600)
    head_epochs: int = setting(
        30, "Epochs of the classifier", "In these the classifier alone learns, on features computed once.", 1, 1000
    )
    head_rates: str = setting("0.01*20, 0.001", "Learning rates of the classifier", RATES_HELP, read=read_numbers)
    epochs: int = setting(4, "Epochs of refinement", "In these the whole network learns.", 1, 200)
    rates: str = setting("0.001*2, 0.0001", "Learning rates of refinement", RATES_HELP, read=read_numbers)
    minibatch: int = setting(16, "Minibatch", "Images per step.", 2, 512)
    momentum: float = setting(0.9, "Momentum", "How much of a step is carried into the next one.", 0, 0.999)
    l2: float = setting(0.0005, "L2 regularisation", "Pulls weights towards zero, against overfitting.", 0, 1)
    dropout: float = setting(0.0, "Dropout", "The share of features hidden at each step.", 0, 0.95)
    balance: bool = setting(
        False, "Balance classes", "Show images of small classes more often, so that all classes are seen equally often."
    )
    flip: bool = setting(True, "Mirror images", "In refinement; switch it off where left and right carry meaning.")
    svm_strengths: str = setting(
        "0.0001, 0.001, 0.01, 0.1, 1, 10, 100",
        "Strengths of the SVM",
        "Values of C above 0 to try, separated by commas; the best on the validation images is taken.",
        read=read_numbers,
    )
    threads: int = setting(
        1,
        "Threads",
        "More are faster on an idle computer, and many times slower beside other work.",
        1,
        256,
    )
    device: str = setting(
        "auto", "Device", "“auto” is the graphics card where set-up proved it to work.", choices=("auto", "cpu", "gpu")
    )


CLASSIC = CntkSettings()
