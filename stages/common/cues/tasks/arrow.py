"""Arrow of time: do the frames come forwards or backwards?"""

from stages.common.cues.tasks.heads import Vector

PLACE = 1
TITLE = "arrow of time"
SAYS = "moves as if backwards in time"
MEANING = "the network takes the object's frames for frames played backwards"
LOGITS = True


def head(architecture) -> Vector:
    """Logits of forward and backward."""
    return Vector(2)


def loss(network, batch):
    return network.two_way(network.heads["arrow"](batch.forward), network.heads["arrow"](batch.backward))


def score(network, batch):
    """The logit of backward minus that of forward: probabilities saturate; their order is the same."""
    logits = network.heads["arrow"](batch.forward)
    return logits[:, 1] - logits[:, 0]
