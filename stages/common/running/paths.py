"""Where everything lies, from a data set's name; relative to the repository's root."""

from pathlib import Path

RAW_WEIGHTS = Path("data/raw/weights")
WORK = Path(".work")


class SetPaths:
    """The folders and files of one data set, named for what they hold."""

    def __init__(self, name: str):
        self.name = name
        data, models = Path("data") / name, Path("models") / name
        self.source = Path("data/raw") / name
        self.recipe = Path(f"data/recipes/{name}.yaml")  # what it is rendered from, where it is
        self.verdicts = Path(f"data/verdicts/{name}.csv")  # what people said of its events
        self.footage = data / "footage"
        self.frames = data / "frames"
        self.live = data / "live"
        self.detections = data / "detections"
        self.velocity = data / "velocity.parquet"
        self.tubes = data / "tubes"
        self.teacher = data / "teacher"
        self.scores = data / "scores.parquet"
        self.features = data / "features.parquet"
        self.frame_scores = data / "frame_scores"
        self.curves = data / "curves"
        self.weights = models / "weights"
        self.network = models / "network"
        self.metrics = Path(f"metrics/{name}.json")
        self.report = Path("report") / name
        self.sheets = Path("report/sheets") / name
