"""The tables that stages hand on: their columns, and how they are read and written.

Frames count from 0. Boxes are `x1, y1, x2, y2` in pixels of the decoded frame, x2 and y2 exclusive.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stages.common.running.errors import InputError
from stages.common.running.files import written_whole

BOX = ["x1", "y1", "x2", "y2"]
BOX_FIELDS = [pa.field(name, pa.float32()) for name in BOX]
# What anyone could score by: the box, that the detector sees no person (NaN where it sees nothing), and chance.
TRIVIAL = ["box_width", "box_speed", "not_person", "random"]

# A clip is a stretch of a camera's time, on a regular grid: its frame k begins k / fps seconds after its first.
VIDEOS = pa.schema(
    [
        ("video", pa.string()),  # the clip's name, unique in the set
        ("split", pa.string()),  # train, held_out (normal, to validate and calibrate a network by) or test
        ("fold", pa.int8()),  # of a held-out clip: which network does not learn from it; else -1
        ("view", pa.string()),  # which of several scenes of the set it shows; "" where there is one
        ("frames", pa.int32()),  # of the grid, whether or not they were recorded
        ("fps", pa.float64()),  # frames of the grid per second
        ("width", pa.int32()),  # of the frames that are kept
        ("height", pa.int32()),
        ("began", pa.timestamp("us")),  # time of day of the first frame, by the camera's clock; null where unknown
        ("hash", pa.string()),  # of the files that it comes from, and of which of their pictures
    ]
)
FILES = pa.schema(
    [
        ("file", pa.int32()),  # its number in the set
        ("path", pa.string()),  # below the source folder
        ("kind", pa.string()),  # file (a video), counted (one whose stamps are no good) or images (a folder of them)
        ("sha256", pa.string()),  # of the file, or of the folder's names and files
    ]
)
# Which picture of which file each recorded frame is: its time stamp in ticks of the stream, its number in a folder of
# pictures, or, of a file without time stamps, its number in the order in which pictures are shown. Ascending in a file;
# one that was held is several frames.
PICTURES = pa.schema([("video", pa.string()), ("frame", pa.int32()), ("file", pa.int32()), ("stamp", pa.int64())])
# The recorded stretches of a clip, each of one file; frames in none of them were not recorded.
RUNS = pa.schema(
    [
        ("video", pa.string()),
        ("first", pa.int32()),
        ("frames", pa.int32()),
        ("file", pa.int32()),
        ("second", pa.float64()),  # of the file, as a player shows it, at the first frame
    ]
)
# The live stretches of a clip, in which something moves, and what is kept of it: with room on both sides.
SPANS = pa.schema(
    [
        ("video", pa.string()),
        ("first", pa.int32()),  # of the frames in which something moves
        ("stop", pa.int32()),  # the first frame beyond
        ("kept_first", pa.int32()),  # likewise, with the margins before and after
        ("kept_stop", pa.int32()),
    ]
)
LABELS = pa.schema([("video", pa.string()), ("frame", pa.int32()), ("anomalous", pa.bool_())])
REGIONS = pa.schema(
    [
        ("video", pa.string()),
        ("track", pa.int32()),  # unique in the video
        ("frame", pa.int32()),
        *BOX_FIELDS,
        ("type", pa.string()),  # what it is, "" where the set does not say
    ]
)
OBJECTS = pa.schema(
    [
        ("video", pa.string()),
        ("object", pa.int32()),  # unique in the video, from 0
        ("frame", pa.int32()),
        *BOX_FIELDS,
        ("score", pa.float32()),  # the detector's confidence, 0 to 1
        ("label", pa.int16()),  # the class of the highest score, -1 where the detector has none
        ("source", pa.string()),  # which detector found it
        ("class_scores", pa.list_(pa.float32())),  # 0 to 1 per class, empty where the detector has none
    ]
)
# The frames in which objects were looked for, whether or not there are any.
SEARCHED = pa.schema([("video", pa.string()), ("frame", pa.int32())])
TUBES = pa.schema(
    [
        ("video", pa.string()),
        ("object", pa.int32()),
        ("split", pa.string()),  # as of VIDEOS
        ("fold", pa.int8()),  # likewise
        ("learnt", pa.bool_()),  # whether networks learn from it
        ("row", pa.int32()),  # of the video's shard, those that are learnt from first
    ]
)
# How unusual an object is by a cue, higher where it is more so; NaN where the cue says nothing of it.
CUE_VALUES = pa.schema(
    [
        ("video", pa.string()),
        ("object", pa.int32()),
        ("cue", pa.string()),
        ("network", pa.int8()),  # by which network; -1 of cues that need none
        ("value", pa.float32()),
    ]
)
# What a network sees in an object, in units in which distances between such are those of the cue `features`.
FEATURES = pa.schema(
    [
        ("video", pa.string()),
        ("object", pa.int32()),
        ("network", pa.int8()),
        ("vector", pa.list_(pa.float32())),  # as many as the network's last layer has filters
    ]
)
# What a person says of an event (verdicts.py), and where that is in the clips; see there for what is not said here.
VERDICTS = pa.schema(
    [
        ("recording", pa.string()),
        *((name, pa.float64()) for name in ("second", "before", "after")),
        *BOX_FIELDS,  # in shares of the picture
        ("verdict", pa.string()),  # normal, event or unsure
        ("comment", pa.string()),
        ("by", pa.string()),
        ("at", pa.string()),
        ("video", pa.string()),  # "" where the set has no such recording, or not that second of it
        ("first_frame", pa.int32()),  # -1 likewise
        ("peak_frame", pa.int32()),
        ("last_frame", pa.int32()),
        ("taught", pa.int32()),  # so many objects are known as normal by it
    ]
)


def object_scores(cues: Iterable[str]) -> pa.Schema:
    """The believable objects and what is between two of a track, with a column per cue."""
    return pa.schema(
        [
            ("video", pa.string()),
            ("object", pa.int32()),  # -1 of what is between two
            ("split", pa.string()),
            ("frame", pa.int32()),
            *BOX_FIELDS,
            ("track", pa.int32()),  # boxes linked over time, unique in the video
            ("raw", pa.float32()),  # fused score
            ("score", pa.float32()),  # fused score, smoothed along the track
            *((name, pa.float32()) for name in [*cues, *TRIVIAL]),  # calibrated; NaN where a cue says nothing
        ]
    )


def frame_scores(cues: Iterable[str]) -> pa.Schema:
    """The frames of the test and held-out clips, with a column per cue."""
    return pa.schema(
        [
            ("video", pa.string()),
            ("split", pa.string()),
            ("frame", pa.int32()),
            ("raw", pa.float32()),  # fused, unsmoothed
            ("score", pa.float32()),  # fused, smoothed
            *((name, pa.float32()) for name in [*cues, *TRIVIAL]),  # smoothed
        ]
    )


# Where the score of an object of the test and held-out clips rises above the usual.
PEAKS = pa.schema(
    [
        ("video", pa.string()),
        ("split", pa.string()),
        ("track", pa.int32()),  # of the object
        ("tracks", pa.int32()),  # so many is it made of: a torn track, an object and what it carries
        ("first_frame", pa.int32()),
        ("last_frame", pa.int32()),
        ("peak_frame", pa.int32()),
        *BOX_FIELDS,  # at the peak, or near it
        ("score", pa.float32()),  # its height: smoothed along the track and over time
        ("fault", pa.int32()),  # that may explain it, its place among all of SOURCE_FAULTS; -1: none
        ("beyond", pa.float32()),  # its height without that: up to which threshold it is an alarm in spite of it
        ("verdict", pa.int32()),  # what is said of it, its place in VERDICTS; -1: nothing yet
        ("object_class", pa.string()),  # what the detector calls the object most often; "" where it has no name
    ]
)


def events(cues: Iterable[str]) -> pa.Schema:
    """What the page shows, with a column per cue."""
    return pa.schema(
        [
            ("video", pa.string()),
            ("event", pa.int32()),  # 1 for the highest score of the set
            ("first_frame", pa.int32()),
            ("last_frame", pa.int32()),
            ("peak_frame", pa.int32()),
            ("start", pa.float64()),  # seconds of the clip
            ("end", pa.float64()),  # when its last frame ends
            ("file", pa.string()),  # of the source, in which it begins
            ("file_seconds", pa.float64()),  # when in that file
            ("clock", pa.timestamp("us")),  # time of day by the camera's clock; null where unknown
            ("peak", pa.float64()),
            *BOX_FIELDS,  # of the object that makes it, at the peak
            ("track", pa.int32()),  # of that object
            ("tracks", pa.int32()),  # as of PEAKS
            ("object_class", pa.string()),  # likewise
            ("score", pa.float32()),  # likewise
            ("alarm", pa.bool_()),  # whether it reaches the threshold; else it is one of the highest of the rest
            ("normal_per_hour", pa.float32()),  # how often normal footage is as high; NaN where there is too little
            *((name, pa.float32()) for name in cues),  # of its track near the peak, at most; NaN if unknown
            ("cue", pa.string()),  # the highest of them, "" where there is none
            ("kind", pa.string()),  # that cue in words
            ("labelled", pa.bool_()),  # whether a frame of it is labelled anomalous; null where there are no labels
            ("verdict", pa.string()),  # event or unsure, as people said; "" where nobody has yet
        ]
    )


# What is wrong with a recording as files and pictures show it: of footage and of decode.
SOURCE_FAULTS = pa.schema(
    [
        ("video", pa.string()),  # "" where a file gives no clip
        ("path", pa.string()),  # of the file, below the source folder
        # gap, clock, damaged, cut_off or unreadable, as the file tells; light, moved, lost, doubled, frozen, flash or
        # shake, as the pictures do
        ("kind", pa.string()),
        ("first_frame", pa.int32()),  # of the clip, -1 where there is none
        ("last_frame", pa.int32()),
        ("seconds", pa.float64()),  # of footage that is lost by it
        ("said", pa.string()),  # what is wrong, in words
    ]
)
FAULTS = pa.schema(
    [
        ("video", pa.string()),  # "" where a file gives no clip
        ("split", pa.string()),
        ("path", pa.string()),  # of the file
        ("kind", pa.string()),  # as of SOURCE_FAULTS
        ("first_frame", pa.int32()),
        ("last_frame", pa.int32()),
        ("start", pa.float64()),  # seconds of the clip; NaN where there is no clip
        ("end", pa.float64()),
        ("seconds", pa.float64()),  # of footage that is lost by it
        ("said", pa.string()),
        ("alarm", pa.bool_()),  # whether the scores reached the threshold for its sake
    ]
)


def write_table(path: Path, frame: pd.DataFrame, schema: pa.Schema) -> None:
    """`frame` as Parquet with exactly the columns of `schema`, whole; same rows, same bytes."""
    with written_whole(path) as aside:
        pq.write_table(arrow_table(frame, schema), aside, compression="zstd")


def join_tables(path: Path, parts: Iterable[Path], schema: pa.Schema) -> int:
    """One table of those of `parts`, a row group each, of which one at a time is in memory; its rows."""
    rows = 0
    with written_whole(path) as aside, pq.ParquetWriter(aside, schema, compression="zstd") as writer:
        for part in parts:
            table = pq.read_table(part)
            writer.write_table(table)
            rows += len(table)
    return rows


def arrow_table(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """`frame` with the columns of `schema`; pandas takes a column of lists for one of numbers where it is empty."""
    lists = {field.name: object for field in schema if pa.types.is_list(field.type)}
    return pa.Table.from_pandas(frame.astype(lists), schema=schema, preserve_index=False).replace_schema_metadata(None)


def read_table(path: Path, schema: pa.Schema, columns: list[str] | None = None) -> pd.DataFrame:
    """The table of `path`, after a look at its columns; these of them, or all.

    Raises:
        InputError: no such file, or its columns are not those of `schema`.
    """
    check_columns(path, schema)
    return pq.read_table(path, columns=columns).to_pandas()


def check_columns(path: Path, schema: pa.Schema) -> None:
    """
    Raises:
        InputError: no such file, or its columns are not those of `schema`.
    """
    if not path.exists():
        raise InputError(f"{path}: not found; run `dvc repro` to make it")
    if not (there := pq.read_schema(path)).equals(schema):
        found, expected = ([f"{field.name} {field.type}" for field in fields] for fields in (there, schema))
        raise InputError(f"{path}: columns {found}, expected {expected}; run `dvc repro` again")


def hash_of(frame: pd.DataFrame) -> str:
    """`table_hash` of a table that has some columns of a schema."""
    return table_hash(frame, pa.Schema.from_pandas(frame, preserve_index=False).remove_metadata())


def table_hash(frame: pd.DataFrame, schema: pa.Schema) -> str:
    """The SHA-256 of a table's contents: equal for equal rows in the same order."""
    sink = pa.BufferOutputStream()
    table = arrow_table(frame, schema)
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def read_faults(*folders: Path) -> pd.DataFrame:
    """All of SOURCE_FAULTS: those of the set's footage and those of what is live, folder after folder."""
    return pd.concat([read_table(folder / "faults.parquet", SOURCE_FAULTS) for folder in folders], ignore_index=True)
