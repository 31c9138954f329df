"""Routes lead where they are said to, and journeys along them keep their pace."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.render.journeys import make_route, pause, travel
from stages.render.recipe import ROUTES


@settings(max_examples=30)
@given(st.sampled_from(ROUTES), st.sampled_from(["left", "right"]), st.floats(100, 600), st.floats(-20, 20))
def test_routes_lead_where_they_are_said_to(name: str, heading: str, width: float, shift: float):
    route = make_route(name, heading, width, shift, np.zeros(5))
    assert (np.diff(route.metres) > 0).all()
    assert (route.points[-1, 0] > route.points[0, 0]) == (heading == "right")


def test_a_journey_passes_its_mark_and_a_pause_stops_it():
    route = make_route("lower", "right", 360.0, 0.0, np.zeros(5))
    speed = pause(np.full(60, 1.2), 20, 30, 4)
    journey = travel(route, speed, 10, 3.0, 12.0)
    assert journey.travelled[10] == 3.0 and np.isclose(journey.travelled[11], 3.1)
    assert np.ptp(journey.ground[20:31], axis=0).max() == 0
    assert (np.diff(journey.ground[:20, 0]) > 0).all()
    assert np.isnan(travel(route, speed, 10, 0.0, 12.0).ground[:10]).all()
