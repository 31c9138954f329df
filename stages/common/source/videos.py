"""Pictures out of the files of a source, by their time stamps; damage costs the pictures that it hits, never the rest.

A picture's stamp is, by the kind of what it lies in (FILES.kind): file: its presentation time in ticks of the stream;
counted: its number in the order in which pictures are shown, of videos whose time stamps are missing or say one time
twice; images: its number in a folder of pictures.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import av
import cv2
import numpy as np

from stages.common.source.pictures import images_in

# What FFmpeg says about a damaged file comes to nothing that we do not say.
av.logging.set_level(av.logging.PANIC)

# Formats in which a picture has another time stamp after a seek than by reading from the beginning.
UNSEEKABLE = ("mpeg",)
# How an instantaneous refresh (IDR) begins in a stream without container.
ANEW = {"h264": re.compile(rb"\x00\x00\x01[\x05\x25\x45\x65]"), "hevc": re.compile(rb"\x00\x00\x01[\x26\x28]")}
# Seconds before a stamp at which a seek is tried where an earlier one found no key frame before it.
STEPS_BACK = (0, 2, 10, 60)
# Decoders that leave out, where they are told, just what no other picture depends on.
SKIPPING = ("h264", "hevc")
# Seconds within which an encoder without key frames has renewed all of a picture.
REFRESH = 10.0
# Errors in a row after which nothing more is expected of a file.
PATIENCE = 50


def read_pictures(
    path: Path, kind: str, stamps: Sequence[int]
) -> Iterator[tuple[int, av.VideoFrame | np.ndarray | None, bool]]:
    """Of each of `stamps`, in order: itself, its picture, and whether that is intact.

    The picture is None where it cannot be had, and not intact where the decoder had to guess. It is an array (uint8
    BGR) if it comes from a folder or is not upright in its file. Damage never raises.

    Args:
        kind: FILES.kind.
        stamps: ascending, unique.
    """
    stamps = [int(stamp) for stamp in stamps]
    if kind == "images":
        files = images_in(path)
        for number in stamps:
            image = cv2.imread(str(files[number])) if number < len(files) else None
            yield number, image, image is not None
        return
    waiting = deque(stamps)
    # A file that cannot be opened, or holds no video any more, has none of the pictures.
    with suppress(av.error.FFmpegError, IndexError):
        for stamp, frame, intact in decoded_from(path, kind, stamps) if stamps else ():
            while waiting and waiting[0] < stamp:
                yield waiting.popleft(), None, False
            if waiting and waiting[0] == stamp:
                yield waiting.popleft(), upright(frame), intact
            if not waiting:
                break
    for stamp in waiting:
        yield stamp, None, False


def upright(frame: av.VideoFrame) -> av.VideoFrame | np.ndarray:
    """A frame, or its picture where it lies upside down in memory, or is to be shown turned by quarters."""
    quarters = round(frame.rotation / 90) % 4
    if not quarters and all(plane.line_size > 0 for plane in frame.planes):
        return frame
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="bgr24"), quarters))


def decoded_from(path: Path, kind: str, stamps: Sequence[int]) -> Iterator[tuple[int, av.VideoFrame, bool]]:
    """What `decoded` gives, begun earlier where the first of `stamps` is not in it: a picture may be whole only some
    time after its key frame, where this is one in name and refreshed piece by piece."""
    for back in (0.0, REFRESH):
        frames = decoded(path, kind, stamps, back)
        first = next(frames, None)
        if first and first[0] <= stamps[0]:
            break
    yield from [first] if first else []
    yield from frames


def decoded(path: Path, kind: str, stamps: Sequence[int], back: float) -> Iterator[tuple[int, av.VideoFrame, bool]]:
    """Stamps, frames and whether they are intact, in the order of showing, from `back` seconds before `stamps` on.

    Frames on which no other depends and which are none of `stamps` may be left out.
    """
    wanted, number, sound = set(stamps), -1, True
    for packet, context in from_key(path, kind, stamps[0], back):
        if kind == "counted" and number < 0:
            number = packet.opaque
        elif kind != "counted" and context.name in SKIPPING:
            context.skip_frame = "DEFAULT" if packet.pts is None or packet.pts in wanted else "NONREF"
        try:
            frames = context.decode(packet)
        except (av.error.FFmpegError, ValueError):
            sound = False
            continue
        for frame in frames:
            stamp = frame.pts
            if kind == "counted":
                # What is decoded before a key frame is shown before it: from there on no lost picture shifts the count.
                stamp = max(number, frame.opaque or 0) if frame.key_frame else number
                number = stamp + 1
            if stamp is not None:
                yield stamp, frame, sound and not frame.is_corrupt
            sound = True


def from_key(path: Path, kind: str, stamp: int, early: float) -> Iterator[tuple[av.Packet, av.VideoCodecContext]]:
    """The packets from a key frame that is shown `early` seconds before `stamp` or earlier, or else all of them."""
    for back in STEPS_BACK if kind != "counted" else ():
        with opened(path) as container:
            stream = picture_stream(container)
            if container.format.name in UNSEEKABLE:
                break
            try:
                container.seek(stamp - round((early + back) / stream.time_base), stream=stream)
            except (av.error.FFmpegError, OverflowError):
                break
            found = False
            for packet in packets(container, stream):
                if not found and packet.size and not packet.is_keyframe:
                    continue
                if not found and (packet.pts is None or packet.pts > stamp):
                    break  # Too late: a seek may end behind the key frame that it looks for.
                found = True
                yield packet, stream.codec_context
            if found:
                return
    yield from read_to_key(path, kind, stamp)


def read_to_key(path: Path, kind: str, stamp: int) -> Iterator[tuple[av.Packet, av.VideoCodecContext]]:
    """The same for files that cannot be sought in: all is read, and decoded from the key frame on.

    Packets of a counted video have their number as `opaque`.
    """
    with opened(path) as container:
        stream = picture_stream(container)
        context, counted = stream.codec_context, kind == "counted"
        context.copy_opaque = counted
        held: list[av.Packet] = []
        for count, packet in enumerate(packets(container, stream)):
            if counted:
                packet.opaque = count
            at, key = (count, begins_anew(packet, context.name)) if counted else (packet.pts, packet.is_keyframe)
            if key and at is not None and at <= stamp:
                held.clear()
            held.append(packet)
            if at is None or at >= stamp or not packet.size:
                yield from ((each, context) for each in held)
                held.clear()


def begins_anew(packet: av.Packet, codec: str) -> bool:
    """Whether all that comes before a key frame is shown before it, and nothing after it needs what came before."""
    return packet.is_keyframe and codec in ANEW and bool(ANEW[codec].search(bytes(packet)))


def opened(path: Path) -> av.container.InputContainer:
    return av.open(str(path), metadata_errors="ignore")


def picture_stream(container: av.container.InputContainer) -> av.VideoStream:
    """The video of a file, set to one thread: processes are the parallelism; IndexError where there is none."""
    stream = [stream for stream in container.streams.video if not still_picture(stream)][0]
    stream.codec_context.thread_count = 1
    return stream


def still_picture(stream: av.VideoStream) -> bool:
    """Whether a stream is the cover of a piece of music, or the like."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def packets(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.Packet]:
    """All packets with pictures in them, over damage where it goes on, and last an empty one that ends the decoding."""
    errors = 0
    while errors < PATIENCE:
        try:
            for packet in container.demux(stream):
                if packet.size:
                    errors = 0
                    yield packet
            break
        except (av.error.FFmpegError, OSError):
            errors += 1
    yield av.Packet(0)
