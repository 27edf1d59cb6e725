"""The names of every movement: lips decides them, face draws them."""

# name: (lowest, highest, what the highest means)
CURVES: dict[str, tuple[float, float, str]] = {
    "jaw": (0, 1, "jaw dropped as far as in loud speech"),
    "upper": (0, 1, "upper lip raised, upper teeth in sight"),
    "lower": (0, 1, "lower lip drawn down from the lower teeth"),
    "wide": (0, 1, "corners apart, as in 'ee'"),
    "pucker": (0, 1, "lips rounded and forward, as in 'oo'"),
    "press": (0, 1, "lips pressed together, as in 'm'"),
    "tuck": (0, 1, "lower lip under the upper teeth, as in 'f'"),
    "tongue": (0, 1, "tongue tip behind or between the teeth, as in 'l' and 'th'"),
    "smile": (-1, 1, "corners up and cheeks raised"),
    "blink_left": (0, 1, "the person's left eye shut"),
    "blink_right": (0, 1, "the person's right eye shut"),
    "gaze_x": (-1, 1, "eyes 15 degrees to the right of the picture"),
    "gaze_y": (-1, 1, "eyes 15 degrees down"),
    "brow": (-1, 1, "brows raised"),
    "head_yaw": (-15, 15, "degrees, face turned to the right of the picture"),
    "head_pitch": (-15, 15, "degrees, chin down"),
    "head_roll": (-15, 15, "degrees, clockwise in the picture"),
    "head_x": (-0.2, 0.2, "face widths to the right"),
    "head_y": (-0.2, 0.2, "face widths down"),
    "breath": (0, 1, "chest full, shoulders up"),
}
