"""The stages of the pipeline, each run as `python -m stages.<stage> <set>`."""

import os

# Threads that wait for each other sleep rather than spin: on a machine of their own nothing changes, beside another
# program training goes two to five times as fast. Has to be said before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
