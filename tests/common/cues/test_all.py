import pytest

from stages.common.cues import all as cues
from stages.common.cues.tasks import TASKS
from stages.common.tables.schemas import TRIVIAL


def test_the_tasks_come_first_and_then_the_others_by_their_place():
    assert list(cues.ALL) == [
        "arrow",
        "irregularity",
        "middle",
        "distillation",
        "features",
        "shape",
        "velocity",
        "place",
    ]
    places = [cue.PLACE for cue in cues.ALL.values()]
    assert places == sorted(set(places))


@pytest.mark.parametrize("name", cues.ALL)
def test_each_cue_has_its_words_and_what_its_kind_needs(name):
    cue = cues.ALL[name]
    for words in (cue.TITLE, cue.SAYS, cue.MEANING):
        assert words and words == words.strip() and not words.endswith(".")
    of = [kind for kind in ("of_features", "of_boxes", "of_frames") if hasattr(cue, kind)]
    assert len(of) == (name not in TASKS)
    if name in TASKS:
        assert isinstance(cue.LOGITS, bool) and callable(cue.head) and callable(cue.loss) and callable(cue.score)


def test_no_cue_has_the_name_of_a_trivial_score():
    assert not set(cues.ALL) & set(TRIVIAL)


@pytest.mark.parametrize("schema", [cues.OBJECT_SCORES, cues.FRAME_SCORES, cues.EVENTS])
def test_the_wide_tables_have_a_column_for_each_cue(schema):
    assert [name for name in schema.names if name in cues.ALL] == list(cues.ALL)
