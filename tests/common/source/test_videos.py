"""Pictures by their stamps: each the right one, from the middle of a file too, and damage costs no other."""

import av
import cv2
import numpy as np
import pytest
from recorder import number_of, numbered, record, zero_packets

from stages.common.source.videos import opened, packets, picture_stream, read_pictures

COUNT = 60


def stamps_of(path):
    with opened(path) as container:
        return sorted(packet.pts for packet in packets(container, picture_stream(container)) if packet.size)


STAMPED = {
    "a.mp4": {"between": 2},
    "a.mkv": {"between": 2},
    "a.ts": {"between": 2},
    "a": {"form": "mpegts", "between": 2},
    "a.flv": {"codec": "flv"},
    "a.wmv": {"codec": "wmv2", "form": "asf"},
    "a.3gp": {"codec": "mpeg4", "between": 2},
    "a.avi": {"codec": "mpeg4", "between": 2},
    "a.mpg": {"codec": "mpeg1video"},
    "a.mjpeg": {"codec": "mjpeg", "form": "mjpeg"},
    "av1.mp4": {"codec": "libsvtav1"},
}
COUNTED = {
    "a.h264": {"form": "h264", "between": 2},
    "a.265": {"codec": "libx265", "form": "hevc", "between": 2},
    "raw.mp4": {"form": "h264"},
    "x264.avi": {"between": 2},
}
CHOICES = [range(COUNT), range(0, COUNT, 2), range(31, 50, 3), [COUNT - 1], [12], [13], [37, 38]]


@pytest.mark.parametrize("name", [*STAMPED, *COUNTED])
def test_any_pictures_of_any_file_are_the_right_ones(tmp_path, name):
    kind = "counted" if name in COUNTED else "file"
    path = record(tmp_path / name, **(COUNTED | STAMPED)[name])
    stamps = list(range(COUNT)) if kind == "counted" else stamps_of(path)
    assert len(stamps) == COUNT
    for chosen in CHOICES:
        read = list(read_pictures(path, kind, [stamps[number] for number in chosen]))
        assert [stamp for stamp, _, _ in read] == [stamps[number] for number in chosen]
        assert [number_of(picture) for _, picture, _ in read] == list(chosen)
        assert all(intact for _, _, intact in read)


def test_damage_costs_the_pictures_that_it_hits(tmp_path):
    """Packets 100 to 102 of a file as a recorder writes it live, without a length, are zeroed."""
    path = record(tmp_path / "live.mkv", count=250, live="1", codec="mpeg4")
    stamps = stamps_of(path)
    zero_packets(path, range(100, 103))
    read = list(read_pictures(path, "file", stamps))
    assert [stamp for stamp, _, _ in read] == stamps
    assert {number for number, (_, _, intact) in enumerate(read) if not intact} <= set(range(99, 109))
    assert not any(intact for _, _, intact in read[100:103])
    right = [number for number, (_, picture, _) in enumerate(read) if picture and number_of(picture) == number]
    assert set(right) >= {*range(100), *range(108, 250)}


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
@pytest.mark.parametrize("way", ["open-gop=1:bframes=3", "intra-refresh=1"])
def test_a_key_frame_need_not_be_a_new_beginning(tmp_path, name, way):
    """Pictures after one may need those before it, or it is renewed piece by piece."""
    path = record(tmp_path / name, count=120, group=24, coding={"x264-params": f"{way}:keyint=24:scenecut=0"})
    stamps = stamps_of(path)
    for chosen in (range(50, 120, 2), [46], [47], [48], [49], [71, 72], [95, 96, 97]):
        read = list(read_pictures(path, "file", [stamps[number] for number in chosen]))
        assert [number_of(picture) for _, picture, _ in read] == list(chosen)


def test_what_is_not_there_is_said_for_each_stamp(tmp_path):
    path = record(tmp_path / "a.mp4")
    first, *_, last = stamps_of(path)
    wanted = [first, first + 1, last, last + 10**6]
    found = [(stamp, picture is None, intact) for stamp, picture, intact in read_pictures(path, "file", wanted)]
    assert found == [(first, False, True), (first + 1, True, False), (last, False, True), (wanted[-1], True, False)]
    assert list(read_pictures(path, "file", [])) == []


@pytest.mark.parametrize("content", [b"", b"no video\n" * 100])
def test_a_file_that_is_none_any_more_has_no_pictures_and_raises_nothing(tmp_path, content):
    (tmp_path / "a.mp4").write_bytes(content)
    assert list(read_pictures(tmp_path / "a.mp4", "file", [0, 1])) == [(0, None, False), (1, None, False)]


def test_a_counted_video_finds_its_count_again_behind_a_lost_picture(tmp_path):
    path = record(tmp_path / "a.h264", form="h264")
    with opened(path) as container:
        lost = [bytes(packet) for packet in packets(container, picture_stream(container))][20]
    content = path.read_bytes()
    path.write_bytes(content.replace(lost, bytes(len(lost))))
    read = {stamp: picture for stamp, picture, _ in read_pictures(path, "counted", range(COUNT - 1))}
    assert [number_of(read[number]) - number for number in (5, 19, 36, 58)] == [0, 0, 1, 1]


def test_pictures_of_a_folder_come_by_their_numbers_there(tmp_path):
    for number in range(12):
        cv2.imwrite(str(tmp_path / f"{number}.png"), numbered(number))
    (tmp_path / "3.png").write_text("no picture")
    read = list(read_pictures(tmp_path, "images", [2, 3, 10, 12]))
    assert [(stamp, intact) for stamp, _, intact in read] == [(2, True), (3, False), (10, True), (12, False)]
    assert [picture is None or number_of(picture) for _, picture, _ in read] == [2, True, 10, True]


def test_a_turned_video_comes_upright(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.set_display_rotation(90)
        for number in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(number), format="bgr24")))
        container.mux(stream.encode())
    _, picture, intact = next(read_pictures(path, "file", stamps_of(path)[1:]))
    assert intact and picture.shape == (96, 64, 3) and picture.flags.c_contiguous
    assert number_of(np.rot90(picture, -1)) == 1
