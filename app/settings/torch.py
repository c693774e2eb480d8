"""The settings of the torch engine, and its presets."""

from dataclasses import dataclass, replace

from app.settings.table import setting

NONE = "none"


@dataclass(frozen=True)
class TorchSettings:
    """How the torch engine fine-tunes; the defaults are those of the preset Balanced."""

    trained: str = setting(
        "upper",
        "Trained part",
        "Train the upper blocks only, on what the lower ones computed once, or the whole network, which takes longer.",
        choices=("upper", "whole"),
    )
    side: int = setting(
        224,
        "Image size",
        "Pixels of a side of what the network sees; larger shows more, and takes longer by the square.",
        160,
        512,
    )
    epochs: int = setting(4, "Epochs", "How often every training image is seen.", 1, 200)
    head_epochs: int = setting(
        0, "Epochs of the head alone", "Epochs at first in which nothing but the classifier learns.", 0, 20
    )
    learning_rate: float = setting(
        7e-4,
        "Learning rate",
        "How large the steps are at their largest; too large, and the network forgets.",
        1e-6,
        0.1,
    )
    lower_rate: float = setting(
        1.0,
        "Rate of lower layers",
        "The learning rate of the lowest layers as a share of that of the highest.",
        0.01,
        1,
    )
    frozen_layers: int = setting(
        0,
        "Lowest layers that stay",
        "So many of the lowest layers, which see edges and colours, do not learn; saves time (whole network).",
        0,
        30,
    )
    training_share: float = setting(
        1.0,
        "Size while training",
        "The side of the pictures that are learnt from, as a share of the image size; less is faster (whole network).",
        0.5,
        1,
    )
    weight_decay: float = setting(0.01, "Weight decay", "Pulls weights towards zero, against overfitting.", 0, 1)
    label_smoothing: float = setting(
        0.1, "Label smoothing", "The share of each label given to all classes alike, as some labels are wrong.", 0, 0.5
    )
    averaging: float = setting(
        0.99,
        "Weight averaging",
        "How much of the average of weights is kept at each step; 0 averages nothing.",
        0,
        0.9999,
    )
    start_share: float = setting(
        0.2,
        "Share of the first weights",
        "The result is a mixture of what was learnt and of the weights before: a little of these is most often right "
        "more often.",
        0,
        0.9,
    )
    batch_size: int = setting(
        32, "Batch size", "Images per step; halved where memory does not suffice. 0: the fastest.", 0, 512
    )
    patience: int = setting(4, "Patience", "Stop after so many epochs without a lower validation loss.", 1, 200)
    class_weights: str = setting(
        "auto",
        "Weights of classes",
        "Give images of rare classes more weight; “auto” does where classes differ ten times in size.",
        choices=("auto", "on", "off"),
    )
    even_classes: str = setting(
        "auto",
        "Even classes",
        "Learn as if all classes were equally common; “auto” does where they differ fifty times in size.",
        choices=("auto", "on", "off"),
    )
    sampling: str = setting(
        "plain",
        "Drawing of images",
        "“balanced” draws images so that every class is seen as often; not together with even classes.",
        choices=("plain", "balanced"),
    )
    views: int = setting(
        4, "Views per image", "Crops of each image that the lower blocks look at; more take longer and help.", 1, 16
    )
    flip: bool = setting(True, "Mirror images", "Switch it off where left and right carry meaning.")
    flip_vertical: bool = setting(
        False, "Turn images upside down", "Switch it on where up and down carry no meaning, as under a microscope."
    )
    rotation: float = setting(
        0.0, "Rotation", "By up to how many degrees images are turned; 180 where no direction carries meaning.", 0, 180
    )
    twice: bool = setting(
        False,
        "Look twice",
        "Answer from an image and its mirror image together: a little more often right, in twice the time. "
        "Only where images are mirrored for training, too.",
    )
    second_network: str = setting(
        "efficientnet-lite1",
        "Second network",
        "Images of something else are told by what this pretrained network sees, too; “none” misses more of them, and "
        "answers take less than half the time.",
        choices=(NONE, "efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"),
    )
    second_share: float = setting(
        0.0,
        "Share of the second network",
        "How much of the answer is the second network's, by a classifier of its own; 0: it tells unknown images only. "
        "More is right more often up to about 0.3, for a second look at each training image.",
        0,
        0.9,
    )
    smallest_crop: float = setting(
        0.5, "Smallest crop", "The least share of the picture's central square that a random crop shows.", 0.1, 1
    )
    colour: float = setting(
        0.2, "Colour changes", "How far brightness and contrast are changed (whole network).", 0, 0.9
    )
    erasing: float = setting(0.1, "Erasing", "The share of images with a random box blanked (whole network).", 0, 1)
    mixup: float = setting(0.0, "Mixup", "How strongly pairs of images are blended (whole network).", 0, 1)
    cutmix: float = setting(
        0.0, "Cutmix", "How strongly boxes of other images are pasted into images (whole network).", 0, 1
    )
    device: str = setting(
        "auto",
        "Device",
        "A graphics card is used where PyTorch has one that agrees with the processor.",
        choices=("auto", "cpu", "gpu"),
    )
    deterministic: bool = setting(False, "Exactly repeatable", "The same seed gives the same model, more slowly.")

    @property
    def looks_twice(self) -> bool:
        """Tell whether mirror images are looked at, too; only where they are learnt from."""
        return self.twice and self.flip

    @property
    def second_answers(self) -> bool:
        """Tell whether the second network has a share of the answers."""
        return self.second_network != NONE and self.second_share > 0


BALANCED = TorchSettings()
# Three layers frozen and three quarters of the side save two thirds of each step's time.
BEST = replace(
    BALANCED,
    trained="whole",
    side=256,
    frozen_layers=3,
    training_share=0.75,
    lower_rate=0.3,
    smallest_crop=0.4,
    second_network="efficientnet-lite2",  # made for pictures of about this side
    second_share=0.3,
)
