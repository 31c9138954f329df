"""Articulated people: joints of a gait or a posture, and the dressed body around them.

Everything is in metres in the body's own frame, whose origin is the point on the ground below the body and whose axes
are forward, left and up. A posture is a float array (17, 3) indexed by the constants below.
"""

from typing import NamedTuple

import numpy as np

HEAD, NECK, PELVIS = 0, 1, 2
SHOULDERS, ELBOWS, HANDS = slice(3, 5), slice(5, 7), slice(7, 9)  # left, right
HIPS, KNEES, ANKLES, TOES = slice(9, 11), slice(11, 13), slice(13, 15), slice(15, 17)
LEFT_AND_RIGHT = np.array([1.0, -1.0])

Colour = tuple[float, float, float]  # BGR, 0-255


class Shape(NamedTuple):
    """A stroke of `width` metres through `points` (N, 3); one point is a disc; `filled` closes and fills it."""

    points: np.ndarray
    width: float
    colour: Colour
    filled: bool = False


class Look(NamedTuple):
    """Build and clothes of one person: height in metres, bulk as a factor on limb widths, colours in BGR."""

    height: float
    bulk: float
    skin: Colour
    hair: Colour
    top: Colour
    legs: Colour
    shoes: Colour
    backpack: Colour | None
    handbag: Colour | None
    coat: bool
    short_sleeves: bool
    shorts: bool


class Gait(NamedTuple):
    """How a body moves on its feet; lengths in body heights, angles in radians. stance: the share of a cycle in which a
    foot is on the ground. kick: how high the swinging foot is lifted."""

    stance: float
    kick: float
    lean: float
    arm_swing: float
    elbow: float
    hip: float


WALK = Gait(stance=0.60, kick=0.06, lean=0.05, arm_swing=0.42, elbow=0.25, hip=0.525)
RUN = Gait(stance=0.36, kick=0.24, lean=0.22, arm_swing=0.85, elbow=1.45, hip=0.515)


def stepping(gait: Gait, phase: float, cycle: float, vigour: float, height: float) -> np.ndarray:
    """Posture (17, 3) at `phase` (in cycles, any real) of a gait whose two steps cover `cycle` metres; vigour goes from
    0, standing with the feet together, to 1, the full gait."""
    phases = (phase + np.array([0.0, 0.5])) % 1.0
    reach = vigour * cycle / height * gait.stance / 2
    on_ground = phases < gait.stance
    swing = np.clip((phases - gait.stance) / (1 - gait.stance), 0, 1)
    # A foot on the ground goes back as fast as the body goes forward, so it stays where it was put.
    forward = np.where(on_ground, reach * (1 - 2 * phases / gait.stance), reach * (2 * swing**2 * (3 - 2 * swing) - 1))
    lift = gait.kick * vigour * np.sin(np.pi * swing**0.75)
    heel = vigour * 0.045 * np.clip((phases / gait.stance - 0.6) / 0.4, 0, 1) * np.where(on_ground, 1, 1 - swing)
    side = LEFT_AND_RIGHT * 0.05
    ankles = np.stack([forward, side, 0.04 + lift + heel], axis=1)
    toes = ankles + np.stack([0.085 - heel, 0 * side, -0.025 - heel - 0.35 * lift * (1 - swing)], axis=1)
    bob = 0.012 * vigour * np.cos(4 * np.pi * (phase - gait.stance / 2))
    pelvis = np.array([0.0, 0.0, gait.hip - 0.018 * vigour + bob])
    posture = _body(pelvis, gait.lean * (0.3 + 0.7 * vigour), 0.0, ankles, toes)
    swings = -gait.arm_swing * vigour * np.cos(2 * np.pi * phases)
    bends = gait.elbow * (0.5 + 0.5 * vigour) + 0.25 * vigour * np.sin(np.clip(swings, 0, 1))
    return _hang_arms(posture, swings, bends) * height


def cycling(turn: float, height: float) -> np.ndarray:
    """Posture (17, 3) of a rider whose crank has made `turn` turns, on the bicycle of `vehicles.bicycle`."""
    angles = -2 * np.pi * (turn + np.array([0.0, 0.5]))
    pedals = np.stack([0.02 + 0.17 * np.cos(angles), LEFT_AND_RIGHT * 0.1, 0.29 + 0.17 * np.sin(angles)], axis=1)
    ankles, toes = pedals + [-0.05, 0.0, 0.08], pedals + [0.09, 0.0, 0.03]
    posture = _body(np.array([-0.24, 0.0, 0.98]) / height, 0.62, 0.0, ankles / height, toes / height)
    return _reach(posture * height, np.array([[0.40, 0.22, 1.04], [0.40, -0.22, 1.04]]), height)


def boarding(push: float, height: float) -> np.ndarray:
    """Posture (17, 3) of a rider standing sideways on `vehicles.skateboard`; push in 0-1 sweeps the rear foot back."""
    ankles = np.array([[0.24, 0.0, 0.17], [-0.22, 0.0, 0.17]])
    # A push leaves the board beside it, sweeps back along the ground and returns.
    weight = np.sin(np.pi * push) ** 0.7
    ankles[1] += weight * np.array([0.32 - 0.95 * push, -0.2, -0.12])
    pelvis = np.array([0.04, 0.0, 0.80 + 0.03 * weight]) / height
    posture = _body(pelvis, 0.22, -1.15 + 0.7 * weight, ankles / height, (ankles + [0.08, -0.06, -0.04]) / height)
    return _hang_arms(posture, np.array([0.75, -0.65]) + 0.3 * weight * LEFT_AND_RIGHT, np.array([0.5, 0.4])) * height


def sitting(height: float) -> np.ndarray:
    """Posture (17, 3) of the driver of `vehicles.cart`, hands on the wheel."""
    ankles = np.array([[0.62, 0.38, 0.40], [0.62, 0.16, 0.40]])
    posture = _body(np.array([-0.05, 0.27, 0.72]) / height, 0.0, 0.0, ankles / height, (ankles + [0.1, 0, 0]) / height)
    return _reach(posture * height, np.array([[0.48, 0.40, 1.08], [0.48, 0.14, 1.08]]), height)


def stumbling(height: float) -> np.ndarray:
    """Posture (17, 3) a third of a second into a fall: knees giving way, arms thrown forward."""
    ankles = np.array([[-0.28, 0.05, 0.08], [-0.10, -0.05, 0.04]])
    posture = _body(np.array([0.02, 0.0, 0.38]), 0.85, 0.0, ankles, ankles + [0.06, 0.0, -0.02])
    return _hang_arms(posture, np.array([1.9, 1.5]), np.array([0.2, 0.4])) * height


def lying(height: float) -> np.ndarray:
    """Posture (17, 3) face down, stretched out, the pelvis above the origin."""
    ankles = np.array([[-0.47, 0.09, 0.03], [-0.40, -0.10, 0.03]])
    posture = _body(np.array([0.0, 0.0, 0.065]), np.pi / 2, 0.0, ankles, ankles + [-0.07, 0.02, 0.0])
    posture[KNEES] = posture[HIPS] / 2 + ankles / 2 + [0.04, 0.05, 0.01]
    posture[ELBOWS] = [[0.36, 0.22, 0.05], [0.20, -0.24, 0.05]]
    posture[HANDS] = [[0.50, 0.16, 0.03], [0.34, -0.26, 0.03]]
    return posture * height


def kneeling(height: float) -> np.ndarray:
    """Posture (17, 3) on hands and knees, on the way up."""
    ankles = np.array([[-0.22, 0.06, 0.04], [0.06, -0.06, 0.04]])
    posture = _body(np.array([-0.08, 0.0, 0.30]), 0.9, 0.0, ankles, ankles + [0.07, 0.0, -0.02])
    return _reach(posture * height, np.array([[0.30, 0.1, 0.1], [0.22, -0.08, 0.25]]) * height, height)


def raise_right_arm(posture: np.ndarray, angle: float, height: float) -> np.ndarray:
    """A copy of a posture (17, 3) whose straight right arm is `angle` radians forward of hanging down."""
    raised = posture.copy()
    arm = np.array([np.sin(angle), -0.1, -np.cos(angle)]) * 0.17 * height
    raised[ELBOWS.start + 1] = raised[SHOULDERS.start + 1] + arm
    raised[HANDS.start + 1] = raised[ELBOWS.start + 1] + arm
    return raised


def _body(pelvis: np.ndarray, lean: float, turned: float, ankles: np.ndarray, toes: np.ndarray) -> np.ndarray:
    """Posture without arms, in body heights: `lean` radians forward, facing `turned` radians left of forward."""
    facing, left = np.array([[np.cos(turned), np.sin(turned), 0.0], [-np.sin(turned), np.cos(turned), 0.0]])
    trunk = facing * np.sin(lean) + [0.0, 0.0, np.cos(lean)]
    posture = np.zeros((17, 3))
    posture[PELVIS] = pelvis
    posture[NECK], posture[HEAD] = pelvis + 0.31 * trunk, pelvis + 0.405 * trunk + 0.015 * facing
    posture[SHOULDERS] = pelvis + 0.285 * trunk + LEFT_AND_RIGHT[:, None] * 0.105 * left
    posture[HIPS] = pelvis + LEFT_AND_RIGHT[:, None] * 0.05 * left
    posture[ANKLES], posture[TOES] = ankles, toes
    for side in (0, 1):
        posture[KNEES.start + side] = _bend(posture[HIPS][side], ankles[side], 0.25, facing)
    return posture


def _hang_arms(posture: np.ndarray, swings: np.ndarray, bends: np.ndarray) -> np.ndarray:
    """Arms swung `swings` (2,) radians forward from the shoulders, with elbows bent by `bends` (2,); body heights."""
    angles, side = swings + bends, 0.02 * LEFT_AND_RIGHT
    posture[ELBOWS] = posture[SHOULDERS] + np.stack([np.sin(swings), side, -np.cos(swings)], axis=1) * 0.165
    posture[HANDS] = posture[ELBOWS] + np.stack([np.sin(angles), 0 * side, -np.cos(angles)], axis=1) * 0.17
    return posture


def _reach(posture: np.ndarray, hands: np.ndarray, height: float) -> np.ndarray:
    """Arms that hold the points `hands` (2, 3), elbows down; metres."""
    posture[HANDS] = hands
    down = np.array([-0.3, 0.0, -1.0])
    for side in (0, 1):
        posture[ELBOWS.start + side] = _bend(posture[SHOULDERS][side], hands[side], 0.17 * height, down)
    return posture


def _bend(start: np.ndarray, end: np.ndarray, length: float, towards: np.ndarray) -> np.ndarray:
    """The middle joint of a limb of two parts of `length` from start to end, bent towards a direction."""
    span = end - start
    distance = np.linalg.norm(span)
    along = span / distance
    across = towards - along * (towards @ along)
    bulge = np.sqrt(max(length**2 - (distance / 2) ** 2, 0.0))
    return (start + end) / 2 + across / max(np.linalg.norm(across), 1e-9) * bulge


def dress(posture: np.ndarray, look: Look) -> list[Shape]:
    """The body around a posture (17, 3), as shapes in the same frame."""
    h, w = look.height, look.height * look.bulk
    up, left = posture[NECK] - posture[PELVIS], posture[SHOULDERS][0] - posture[SHOULDERS][1]
    up = up / np.linalg.norm(up)
    facing = np.cross(left / np.linalg.norm(left), up)
    torso = np.concatenate([posture[SHOULDERS], posture[HIPS][::-1] + 0.02 * h * up])
    shapes = [
        Shape(torso, 0.105 * w, look.top, filled=True),
        Shape(posture[[NECK, HEAD]], 0.06 * h, look.skin),
        Shape(posture[[HEAD]] - 0.014 * h * facing + 0.012 * h * up, 0.132 * h, look.hair),
        Shape(posture[[HEAD]] + 0.026 * h * facing - 0.014 * h * up, 0.102 * h, look.skin),
    ]
    shin, sleeve = look.skin if look.shorts else look.legs, tuple(0.86 * value for value in look.top)
    forearm = look.skin if look.short_sleeves else sleeve
    # Of the left side, then of the right.
    for shoulder, elbow, hand, hip, knee, ankle, toe in posture[SHOULDERS.start :].reshape(7, 2, 3).swapaxes(0, 1):
        shapes += [
            Shape(np.stack([knee, ankle]), 0.062 * w, shin),
            Shape(np.stack([hip, knee]), 0.088 * w, look.legs),
            Shape(np.stack([ankle, toe]), 0.05 * h, look.shoes),
            Shape(np.stack([elbow, hand]), 0.045 * w, forearm),
            Shape(np.stack([shoulder, elbow]), 0.058 * w, sleeve),
            Shape(hand[None], 0.055 * h, look.skin),
        ]
    if look.coat:
        hem = posture[HIPS] * 0.45 + posture[KNEES] * 0.55
        skirt = np.concatenate([posture[HIPS] + 0.03 * h * up, hem[::-1]])
        shapes.append(Shape(skirt, 0.10 * w, look.top, filled=True))
    if look.backpack:
        middle = posture[[NECK, PELVIS]] * [[0.86], [0.62]] + posture[[PELVIS, NECK]] * [[0.14], [0.38]]
        shapes.append(Shape(middle - 0.105 * h * facing, 0.125 * h, look.backpack))
    if look.handbag:
        shapes += bag(posture[HANDS][1] - np.array([0.0, 0.0, 0.20]), 0.0, look.handbag)
    return shapes


def bag(centre: np.ndarray, roll: float, colour: Colour) -> list[Shape]:
    """A sports bag of about 0.5 x 0.35 m around `centre` (3,), rolled by `roll` radians about the left axis."""
    along, across = np.array([[np.cos(roll), 0.0, np.sin(roll)], [-np.sin(roll), 0.0, np.cos(roll)]])
    handle = centre + np.stack([0.1 * across - 0.12 * along, 0.26 * across, 0.1 * across + 0.12 * along])
    dark = tuple(0.6 * value for value in colour)
    return [Shape(handle, 0.04, dark), Shape(np.stack([centre - 0.11 * along, centre + 0.11 * along]), 0.28, colour)]
