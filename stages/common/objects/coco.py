"""COCO's classes by name."""

from stages.common.running.errors import InputError

CLASSES = """
person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign,
parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, handbag,
tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, surfboard, tennis
racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog,
pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, mouse, remote, keyboard, cell
phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear, hair drier, toothbrush"""
CLASSES = " ".join(CLASSES.split()).split(", ")
# Of the numbers 0 to 90 that torchvision's detectors tell, those that stand for no class.
GAPS = {0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
# Where a person stands, by how many classes the detector tells.
PERSON = {80: 0, 91: 1}


def class_names(count: int = 80) -> list[str]:
    """The classes of a detector that tells `count` of them, in its order.

    Most have COCO's 80 classes; torchvision's have its 91 numbers, some of which stand for no class: "".

    Raises:
        InputError: another count, which is no detector trained on COCO.
    """
    if count not in PERSON:
        wrong = f"the detector tells {count} classes, expected COCO's 80"
        raise InputError(f"params.yaml: detect.classes: {wrong}; leave it empty")
    names = iter(CLASSES)
    return CLASSES if count == 80 else ["" if number in GAPS else next(names) for number in range(count)]
