"""Where everything lies, from a data set's name; relative to the repository's root."""

from dataclasses import dataclass
from pathlib import Path

RAW_WEIGHTS = Path("data/raw/weights")
WORK = Path(".work")


@dataclass(frozen=True)
class SetPaths:
    """The folders and files of one data set, named for what they hold."""

    name: str

    @property
    def source(self) -> Path:
        return Path("data/raw") / self.name

    @property
    def recipe(self) -> Path:
        """What a set is rendered from, where it is."""
        return Path("data/recipes") / f"{self.name}.yaml"

    @property
    def footage(self) -> Path:
        return Path("data") / self.name / "footage"

    @property
    def frames(self) -> Path:
        return Path("data") / self.name / "frames"

    @property
    def detections(self) -> Path:
        return Path("data") / self.name / "detections"

    @property
    def tubes(self) -> Path:
        return Path("data") / self.name / "tubes"

    @property
    def teacher(self) -> Path:
        return Path("data") / self.name / "teacher"

    @property
    def velocity(self) -> Path:
        return Path("data") / self.name / "velocity.parquet"

    @property
    def scores(self) -> Path:
        return Path("data") / self.name / "scores.parquet"

    @property
    def frame_scores(self) -> Path:
        return Path("data") / self.name / "frame_scores"

    @property
    def curves(self) -> Path:
        return Path("data") / self.name / "curves"

    @property
    def weights(self) -> Path:
        return Path("models") / self.name / "weights"

    @property
    def network(self) -> Path:
        return Path("models") / self.name / "network"

    @property
    def metrics(self) -> Path:
        return Path("metrics") / f"{self.name}.json"

    @property
    def report(self) -> Path:
        return Path("report") / self.name

    @property
    def sheets(self) -> Path:
        return Path("report/sheets") / self.name
