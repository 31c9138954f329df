"""Middle-box prediction: how does the object look in the frame that is left out?

The head's maps are those before the trunk's last pooling: of a crop of 32 pixels they have 8x8 places, as the paper's
have of one of 64 pixels after it. From 4x4 the crop comes out too coarse for its error to say much.
"""

from stages.common.cues.tasks.heads import Picture

PLACE = 3
TITLE = "middle box"
SAYS = "moves like nothing seen"
MEANING = "it cannot tell from the frames around it how the object looks in the middle one"
LOGITS = False


def head(architecture) -> Picture:
    return Picture()


def error(network, batch):
    """By how much the predicted crop is off, (N, channels, side, side), pixels in 0 to 1."""
    return (network.heads["middle"](batch.without_middle) - batch.middle).abs()


def loss(network, batch):
    return error(network, batch).mean()


def score(network, batch):
    """Mean absolute error of the predicted crop."""
    return error(network, batch).mean((1, 2, 3))
