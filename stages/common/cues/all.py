"""All cues by name, in their order, and the tables that have a column for each."""

from types import ModuleType

from stages.common import cues
from stages.common.cues.tasks import TASKS
from stages.common.cues.tasks.found import modules_in
from stages.common.tables import schemas

ALL: dict[str, ModuleType] = {**TASKS, **modules_in(cues.__name__, cues.__path__)}
OBJECT_SCORES = schemas.object_scores(ALL)
FRAME_SCORES = schemas.frame_scores(ALL)
EVENTS = schemas.events(ALL)
