"""Weights of cues by short words, so that a plan need not name all the cues that it leaves out."""

from stages.common.cues.all import ALL
from stages.common.cues.tasks import TASKS

# What can be weighed in each section of params.yaml.
KNOWN = {"train": list(TASKS), "fuse": list(ALL)}
# What a row stands for in which these stand: one row for each of the names.
EACH = {"<task>": list(TASKS), "<cue>": [cue for cue in ALL if cue not in TASKS]}


def alone(section: str, *names: str) -> dict[str, float]:
    """The weights that leave out all but these; `tasks` names all of the tasks.

    >>> alone("train", "arrow", "irregularity", "middle")
    {'distillation': 0.0}
    """
    kept = set(TASKS) if names == ("tasks",) else set(names)
    return {cue: 0.0 for cue in KNOWN[section] if cue not in kept}


def each(rows: dict[str, dict]) -> dict[str, dict]:
    """The rows of a plan, those of EACH once for each name.

    >>> list(each({"as set": {}, "without <task>": {"train.without": "<task>"}}))[:2]
    ['as set', 'without arrow']
    """
    found = {}
    for row, changes in rows.items():
        word = next((word for word in EACH if word in row), None)
        for name in EACH.get(word, [""]):
            named = {key: name if value == word else value for key, value in changes.items()}
            found[row.replace(word or "", name) if word else row] = named
    return found


def spelt_out(changes: dict) -> dict:
    """Changes by dotted names, `<section>.alone` and `<section>.without` as weights.

    >>> spelt_out({"train.without": "arrow", "tubes.size": 64})
    {'train.weights': {'arrow': 0.0}, 'tubes.size': 64}
    """
    found = {}
    for key, value in changes.items():
        section, _, word = key.partition(".")
        if word == "alone":
            # A cue may weigh nothing as set.
            own = {value: 1.0} if section == "fuse" and value in ALL else {}
            found[f"{section}.weights"] = {**alone(section, value), **own}
        elif word == "without":
            found[f"{section}.weights"] = {value: 0.0}
        else:
            found[key] = value
    return found
