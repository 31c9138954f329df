"""Distillation: what do the detector and the classifier say of how the object looks?"""

from stages.common.cues.tasks.heads import Vector

PLACE = 4
TITLE = "appearance"
SAYS = "appearance never seen"
MEANING = "it cannot tell what the detector or the classifier says of how the object looks"
LOGITS = False
# Class scores are mostly near 0: their mean difference is far below that of the standardised vector. The factor brings
# both parts of the loss to a comparable size; it is the same for every set.
CLASS_SCALE = 20.0


def head(architecture) -> Vector:
    """The detector's class scores, and the classifier's vector, standardised."""
    return Vector(architecture.classes + architecture.features)


def differences(network, batch):
    """From the class scores (N, classes), and from the vector (N, features); the latter None where none is compared."""
    answer, classes = network.heads["distillation"](batch.looks), batch.class_scores.shape[1]
    vectors = None if batch.teacher is None else (answer[:, classes:] - batch.teacher).abs()
    return (answer[:, :classes] - batch.class_scores).abs(), vectors


def loss(network, batch):
    of_classes, of_vectors = differences(network, batch)
    if not of_classes.shape[1]:
        return of_vectors.mean()
    # Another source found the rest: that the detector missed it says nothing about its class.
    seen = batch.class_scores.any(1, keepdim=True)
    return of_vectors.mean() + CLASS_SCALE * (of_classes * seen).mean()


def score(network, batch):
    """Mean absolute difference from the classifier's vectors where they are given, else from the class scores; NaN
    where the detector saw nothing."""
    of_classes, of_vectors = differences(network, batch)
    if of_vectors is not None:
        return of_vectors.mean(1)
    return of_classes.where(batch.class_scores.any(1, keepdim=True), float("nan")).mean(1)
