"""Recordings as recorders leave them: of pictures that show their number, in any container, with stamps of any kind."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def numbered(number: int, height: int = 64) -> np.ndarray:
    """A picture that shows its number, in stripes that are bright for the ones of its binary digits."""
    picture = np.full((height, 96, 3), 40, np.uint8)
    for digit in range(10):
        if number >> digit & 1:
            picture[20:44, 8 * digit + 4 : 8 * digit + 12] = 220
    return picture


def number_of(picture: av.VideoFrame | np.ndarray) -> int:
    array = picture if isinstance(picture, np.ndarray) else picture.to_ndarray(format="bgr24")
    return sum(1 << digit for digit in range(10) if array[24:40, 8 * digit + 6 : 8 * digit + 10].mean() > 120)


def record(
    path: Path,
    codec: str = "libx264",
    form: str | None = None,
    count: int = 60,
    between: int = 0,
    group: int = 12,
    rate: float = 25,
    stamps: Sequence[int] | None = None,
    sound: tuple[float, float] | None = None,
    height: int = 64,
    created: str = "",
    coding: dict[str, str] | None = None,
    **options: str,
) -> Path:
    """Writes pictures number 0 to before `count`.

    Args:
        form: the container's format, where the suffix does not tell it.
        between: B-frames.
        group: pictures from key frame to key frame.
        stamps: milliseconds of each, where the rate does not tell them.
        sound: from which to which second there is sound.
        coding: options of the codec.
        options: of the container.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format=form, options=options) as container:
        if created:
            container.metadata["creation_time"] = created
        stream = container.add_stream(codec, rate=Fraction(rate).limit_denominator(1001))
        stream.width, stream.height = 96, height
        stream.pix_fmt = {"mjpeg": "yuvj420p", "rawvideo": "bgr24"}.get(codec, "yuv420p")
        stream.codec_context.gop_size = group
        if between:
            stream.codec_context.max_b_frames = between
        quiet = {"libx264": {"sc_threshold": "0"}, "libx265": {"x265-params": "log-level=none"}}
        stream.options = coding or quiet.get(codec, {})
        tick = Fraction(1, 1000) if stamps is not None else 1 / Fraction(rate).limit_denominator(1001)
        stream.codec_context.time_base = tick
        heard = container.add_stream("aac", rate=8000) if sound else None
        packets = []
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(numbered(number, height), format="bgr24")
            frame.pts, frame.time_base = stamps[number] if stamps is not None else number, tick
            packets += stream.encode(frame)
        packets += stream.encode()
        if heard:
            for start in range(round(sound[0] * 8000), round(sound[1] * 8000), 1024):
                noise = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
                noise.pts, noise.sample_rate, noise.time_base = start, 8000, Fraction(1, 8000)
                packets += heard.encode(noise)
            packets += heard.encode()
        packets.sort(key=lambda packet: float((packet.dts or 0) * packet.time_base))
        for packet in packets:
            container.mux(packet)
    return path


def cut_copy(path: Path, target: Path, seconds: float) -> Path:
    """What `-ss <seconds> -c copy` leaves: all from the key frame before, of which an edit list hides a part."""
    with av.open(str(path)) as source, av.open(str(target), "w") as container:
        stream = source.streams.video[0]
        copy = container.add_stream_from_template(stream)
        source.seek(round(seconds / stream.time_base), stream=stream)
        shift = round(seconds / stream.time_base)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, copy
                container.mux(packet)
    return target


def turn_over(path: Path) -> None:
    """Says in an uncompressed AVI that its rows lie from the bottom up where they did from the top down, or back."""
    content = bytearray(path.read_bytes())
    place = content.index(b"strf") + 16
    content[place : place + 4] = struct.pack("<i", -struct.unpack("<i", content[place : place + 4])[0])
    path.write_bytes(content)


def zero_packets(path: Path, numbers: Sequence[int]) -> None:
    """Overwrites packets of a file with zeros, as a disk does with a bad spot."""
    with av.open(str(path)) as container:
        packets = [(packet.pos, bytes(packet)) for packet in container.demux(video=0)]
    content = bytearray(path.read_bytes())
    for place, packet in (packets[number] for number in numbers):
        start = content.index(packet, place)
        content[start : start + len(packet)] = bytes(len(packet))
    path.write_bytes(content)
