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
from stages.common.tables import schemas
from stages.common.tables.class_scores import class_scores_of
from stages.common.tables.schemas import (
    BOX,
    LABELS,
    OBJECTS,
    REGIONS,
    TRIVIAL,
    arrow_table,
    join_tables,
    read_table,
    table_hash,
    write_table,
)

CUES = ["first", "second"]
SCHEMAS = {name: schema for name, schema in vars(schemas).items() if isinstance(schema, pa.Schema)}
SCHEMAS |= {make.__name__: make(CUES) for make in (schemas.object_scores, schemas.frame_scores, schemas.events)}
row = st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.booleans())
narrow = st.floats(0, 1, width=32)
found = st.tuples(
    st.text(max_size=3),
    st.integers(0, 9),
    st.integers(0, 9),
    *[narrow] * 5,
    st.integers(-1, 90),
    st.just("motion"),
    st.lists(narrow),
)


def labels(rows):
    return pd.DataFrame(rows, columns=LABELS.names)


def objects(rows):
    return pd.DataFrame(rows, columns=OBJECTS.names)


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_empty_table_keeps_its_columns_and_types(tmp_path, name):
    path = tmp_path / "t.parquet"
    schema = SCHEMAS[name]
    write_table(path, pd.DataFrame(columns=schema.names), schema)
    assert pq.read_schema(path).equals(schema)
    back = read_table(path, schema)
    assert list(back.columns) == schema.names and len(back) == 0


def test_no_rows_made_from_no_lists_are_an_empty_table_too(tmp_path):
    empty = pd.DataFrame({name: [] for name in OBJECTS.names})
    assert empty["class_scores"].dtype != object
    write_table(tmp_path / "t.parquet", empty, OBJECTS)
    assert len(read_table(tmp_path / "t.parquet", OBJECTS)) == 0
    assert table_hash(empty, OBJECTS) == table_hash(objects([]), OBJECTS)


@settings(max_examples=40)
@given(st.lists(found, max_size=8))
def test_rows_come_back_in_their_order_and_the_same_rows_are_the_same_bytes(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("tables")
    frame = objects(rows)
    write_table(folder / "a.parquet", frame, OBJECTS)
    back = read_table(folder / "a.parquet", OBJECTS)
    for name in OBJECTS.names[:-1]:
        assert back[name].tolist() == frame[name].tolist(), name
    assert [list(scores) for scores in back["class_scores"]] == frame["class_scores"].tolist()
    # Rewritten from what was read: other types, another index and another order of the columns.
    again = back[OBJECTS.names[::-1]].set_index(pd.RangeIndex(7, 7 + len(back)))
    write_table(folder / "b.parquet", again, OBJECTS)
    assert (folder / "a.parquet").read_bytes() == (folder / "b.parquet").read_bytes()
    assert table_hash(again, OBJECTS) == table_hash(frame, OBJECTS)


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


@pytest.mark.parametrize("name", ["object_scores", "frame_scores", "events"])
def test_a_table_of_cues_has_a_column_for_each_in_their_order(name):
    columns = SCHEMAS[name].names
    place = columns.index(CUES[0])
    assert columns[place : place + 2] == CUES
    assert columns[place + 2 : place + 2 + len(TRIVIAL)] == TRIVIAL or name == "events"
    without = [column for column in columns if column not in CUES]
    assert getattr(schemas, name)([]).names == without


def test_no_parts_are_joined_to_an_empty_table(tmp_path):
    assert join_tables(tmp_path / "all.parquet", [], LABELS) == 0
    assert len(read_table(tmp_path / "all.parquet", LABELS)) == 0


def test_parts_are_joined_in_their_order_a_row_group_each(tmp_path):
    parts = [labels([("b", 0, True), ("b", 1, False)]), labels([]), labels([("a", 0, False)])]
    paths = [tmp_path / f"{place}.parquet" for place in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        write_table(path, part, LABELS)
    assert join_tables(tmp_path / "all.parquet", paths, LABELS) == 3
    assert read_table(tmp_path / "all.parquet", LABELS).values.tolist() == pd.concat(parts).values.tolist()
    assert pq.ParquetFile(tmp_path / "all.parquet").num_row_groups == 3


def with_class_scores(path, rows):
    """OBJECTS with these videos, objects and class scores, in row groups of two."""
    table = pd.DataFrame(rows, columns=["video", "object", "class_scores"])
    table = table.assign(frame=0, **dict.fromkeys(BOX, 0.0), score=1.0, label=-1, source="boxes")
    pq.write_table(arrow_table(table, OBJECTS), path, row_group_size=2)
    return table


def test_class_scores_are_found_by_video_and_object_whatever_the_order(tmp_path, monkeypatch):
    monkeypatch.setattr("stages.common.tables.class_scores.BATCH", 1)
    rows = [("b", 7, [0.7, 0.8]), ("a", 0, [0.1, 0.2]), ("a", 1, [0.3, 0.4]), ("c", 0, [0.9, 1]), ("b", 0, [0.5, 0.6])]
    with_class_scores(tmp_path / "objects.parquet", rows)
    asked = pd.DataFrame([("b", 7), ("a", 1), ("b", 0), ("a", 1)], columns=["video", "object"], index=[5, 3, 5, 0])
    scores = class_scores_of(asked, tmp_path / "objects.parquet")
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, [[0.7, 0.8], [0.3, 0.4], [0.5, 0.6], [0.3, 0.4]])


def test_class_scores_of_no_rows_and_of_objects_without_classes_are_empty(tmp_path):
    table = with_class_scores(tmp_path / "objects.parquet", [("a", 0, []), ("a", 1, [])])
    assert class_scores_of(table, tmp_path / "objects.parquet").shape == (2, 0)
    assert class_scores_of(table[:0], tmp_path / "objects.parquet").shape == (0, 0)
