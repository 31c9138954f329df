"""The proxy tasks that the network learns (paper, section 3.1), by name and in their order: the files beside this."""

from stages.common.cues.tasks.found import modules_in

TASKS = modules_in(__name__, __path__)
