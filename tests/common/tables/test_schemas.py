"""Tables: exactly their columns, the same bytes for the same rows."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from stages.common.running.errors import InputError
from stages.common.tables import schemas as tables
from stages.common.tables.schemas import (
    BOX,
    DETECTIONS,
    LABELS,
    REGIONS,
    read_table,
    searched_every,
    table_hash,
    write_table,
)

SCHEMAS = {name: schema for name, schema in vars(tables).items() if isinstance(schema, pa.Schema)}
row = st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.booleans())
narrow = st.floats(0, 1, width=32)
detection = st.tuples(
    st.text(max_size=3), st.integers(0, 9), *[narrow] * 5, st.integers(-1, 90), st.just("motion"), st.lists(narrow)
)


def labels(rows):
    return pd.DataFrame(rows, columns=LABELS.names)


def detections(rows):
    return pd.DataFrame(rows, columns=DETECTIONS.names)


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_empty_table_keeps_its_columns_and_types(tmp_path, name):
    path = tmp_path / "t.parquet"
    schema = SCHEMAS[name]
    write_table(path, pd.DataFrame(columns=schema.names), schema)
    assert pq.read_schema(path).equals(schema)
    back = read_table(path, schema)
    assert list(back.columns) == schema.names and len(back) == 0


def test_no_rows_made_from_no_lists_are_an_empty_table_too(tmp_path):
    empty = pd.DataFrame({name: [] for name in DETECTIONS.names})
    assert empty["class_scores"].dtype != object
    write_table(tmp_path / "t.parquet", empty, DETECTIONS)
    assert len(read_table(tmp_path / "t.parquet", DETECTIONS)) == 0
    assert table_hash(empty, DETECTIONS) == table_hash(detections([]), DETECTIONS)


@settings(max_examples=40)
@given(st.lists(detection, max_size=8))
def test_rows_come_back_in_their_order_and_the_same_rows_are_the_same_bytes(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("tables")
    frame = detections(rows)
    write_table(folder / "a.parquet", frame, DETECTIONS)
    back = read_table(folder / "a.parquet", DETECTIONS)
    for name in DETECTIONS.names[:-1]:
        assert back[name].tolist() == frame[name].tolist(), name
    assert [list(scores) for scores in back["class_scores"]] == frame["class_scores"].tolist()
    # Rewritten from what was read: other types, another index and another order of the columns.
    again = back[DETECTIONS.names[::-1]].set_index(pd.RangeIndex(7, 7 + len(back)))
    write_table(folder / "b.parquet", again, DETECTIONS)
    assert (folder / "a.parquet").read_bytes() == (folder / "b.parquet").read_bytes()
    assert table_hash(again, DETECTIONS) == table_hash(frame, DETECTIONS)


@given(st.lists(row, max_size=6), st.lists(row, max_size=6))
def test_the_hash_is_equal_for_equal_rows_in_the_same_order_alone(one, other):
    assert (table_hash(labels(one), LABELS) == table_hash(labels(other), LABELS)) == (one == other)


def test_a_part_of_a_table_has_the_hash_of_its_rows():
    rows = [("a", 0, True), ("b", 1, False), ("b", 2, False)]
    table = labels(rows)
    assert table_hash(table[table["video"] == "b"], LABELS) == table_hash(labels(rows[1:]), LABELS)


@pytest.mark.parametrize(
    "name, value", [("video", "z"), ("track", 4), ("frame", 4), ("x1", 9.5), ("y2", 9.5), ("type", "")]
)
def test_the_hash_changes_with_any_value(name, value):
    table = pd.DataFrame([("a", 0, 0, 1.0, 2.0, 3.0, 4.0, "bag")] * 2, columns=REGIONS.names)
    changed = table.copy()
    changed.loc[1, name] = value
    assert table_hash(changed, REGIONS) != table_hash(table, REGIONS)


def test_a_missing_column_is_refused_on_writing_and_leaves_no_file(tmp_path):
    with pytest.raises(KeyError, match="anomalous"):
        write_table(tmp_path / "t.parquet", labels([("a", 0, True)]).drop(columns="anomalous"), LABELS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("column, value", [("frame", "first"), ("frame", 0.5), ("frame", 2**31), ("anomalous", "no")])
def test_a_value_of_another_type_is_refused_on_writing_and_leaves_the_old_file(tmp_path, column, value):
    path = tmp_path / "t.parquet"
    table = labels([("a", 0, True)])
    write_table(path, table, LABELS)
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, ValueError)):
        write_table(path, table.astype(object).assign(**{column: [value]}), LABELS)
    assert_frame_equal(read_table(path, LABELS), table, check_dtype=False)
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.drop_columns("anomalous"),
        lambda table: table.append_column("more", table["frame"]),
        lambda table: table.select(["frame", "video", "anomalous"]),
        lambda table: table.set_column(1, "frame", table["frame"].cast("int64")),
    ],
)
def test_other_columns_are_refused_on_reading(tmp_path, change):
    path = tmp_path / "t.parquet"
    write_table(path, labels([("a", 0, True)]), LABELS)
    table = pq.read_table(path)
    assert len(read_table(path, LABELS)) == 1
    pq.write_table(change(table), path)
    with pytest.raises(InputError) as refusal:
        read_table(path, LABELS)
    assert str(refusal.value).startswith(f"{path}: columns [")
    assert str(refusal.value).endswith(
        "], expected ['video string', 'frame int32', 'anomalous bool']; run `dvc repro` again"
    )
    assert "frame int64" in str(refusal.value) or change(table).column_names != table.column_names


def test_no_table(tmp_path):
    with pytest.raises(InputError, match="t.parquet: not found; run `dvc repro` to make it"):
        read_table(tmp_path / "t.parquet", LABELS)


def test_boxes_are_single_precision_in_every_table():
    for name, schema in SCHEMAS.items():
        types = {schema.field(edge).type for edge in BOX if edge in schema.names}
        assert types <= {pa.float32()}, name


@pytest.mark.parametrize("every", [1, 2, 3, 5])
def test_the_frames_of_objects_tell_every_how_many_th_was_searched(every):
    assert searched_every(np.array([0, every, 3 * every])) == every


def test_frames_that_no_object_was_found_in_count_as_searched():
    assert searched_every(np.zeros(0, int)) == 1
    assert searched_every(np.zeros(3, int)) == 1
