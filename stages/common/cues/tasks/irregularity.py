"""Motion irregularity: have frames been left out?"""

from stages.common.cues.tasks.heads import Vector

PLACE = 2
TITLE = "irregularity"
SAYS = "moves in fits and starts"
MEANING = "it takes them for frames of which some have been left out"
LOGITS = True


def head(architecture) -> Vector:
    """Logits of regular and irregular."""
    return Vector(2)


def loss(network, batch):
    return network.two_way(network.heads["irregularity"](batch.forward), network.heads["irregularity"](batch.skipping))


def score(network, batch):
    """The logit of irregular minus that of regular."""
    logits = network.heads["irregularity"](batch.forward)
    return logits[:, 1] - logits[:, 0]
