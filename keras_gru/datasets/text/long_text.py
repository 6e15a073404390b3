"""A text file that is read in blocks, of any length if it is plain UTF-8."""

import bisect
import codecs
import functools
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from keras_gru.datasets.tables.file_bytes import decode, read_bytes
from keras_gru.settings import present

_BLOCK = 1 << 22  # bytes


@dataclass(frozen=True)
class LongText:
    """A text, or a part of one.

    Args:
        form: file format, for readers.
        encoding: encoding of the file.
        start: number of its first character.
        end: number of the character after its last.
        open: returns the text's bytes, in UTF-8.
        marks: numbers of characters, ascending, and the byte at which each begins.
    """

    form: str
    encoding: str
    start: int
    end: int
    open: Callable[[], BinaryIO]
    marks: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return self.end - self.start

    def part(self, start: int, end: int) -> "LongText":
        """Return the characters from `start` up to `end`."""
        return replace(self, start=self.start + start, end=self.start + end)

    def blocks(self) -> Iterator[str]:
        """Yield the text, a few million characters at a time."""
        index, byte = self.marks[bisect.bisect_right(self.marks, (self.start, 1 << 62)) - 1]
        with self.open() as file:
            file.seek(byte)
            for text, _ in _decode_blocks(file):
                if index >= self.end:
                    return
                if part := text[max(0, self.start - index) : self.end - index]:
                    yield part
                index += len(text)


def open_text(path: Path, encoding: str | None) -> LongText:
    """Open a text file, compressed or not; plain UTF-8 is read from the disk on access.

    Args:
        path: path of the file.
        encoding: its encoding; None guesses it.

    Raises:
        UserError: if it is not text, or one in another form that does not fit into memory.
    """
    if encoding in (None, "utf-8") and path.is_file():
        try:
            found = _index(functools.partial(path.open, "rb"))
        except UnicodeDecodeError:
            found = None
        if found is not None:
            return found
    data, compression = read_bytes(path)
    data, encoding = decode(path, data, encoding)
    form = ", ".join(filter(None, ["text", compression, encoding]))
    return replace(present(_index(lambda: io.BytesIO(data), True)), form=form, encoding=encoding)


def _index(open_: Callable[[], BinaryIO], with_zeros: bool = False) -> LongText | None:
    """Return a text from UTF-8 bytes; None if it contains zeros and thus is something else.

    Raises:
        UnicodeDecodeError: if they are not UTF-8.
    """
    with open_() as file:
        skipped = len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0
        file.seek(skipped)
        index, marks = 0, [(0, skipped)]
        for text, byte in _decode_blocks(file):
            if not with_zeros and index == 0 and "\0" in text:
                return None
            index += len(text)
            marks.append((index, skipped + byte))
    return LongText("text, utf-8", "utf-8", 0, index, open_, tuple(marks))


def _decode_blocks(file: BinaryIO) -> Iterator[tuple[str, int]]:
    """Yield blocks of a text, and at which byte from the first one each ends."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    byte = 0
    while True:
        block = file.read(_BLOCK)
        text = decoder.decode(block, final=not block)
        byte += len(block)
        if text:
            yield text, byte - len(decoder.getstate()[0])
        if not block:
            return
