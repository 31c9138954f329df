"""All cues by name, in their order."""

from types import ModuleType

from stages.common import cues
from stages.common.cues.found import modules_in
from stages.common.cues.tasks import TASKS

ALL: dict[str, ModuleType] = {**TASKS, **modules_in(cues.__name__, cues.__path__)}
