from helpers import one_thread  # noqa: F401
