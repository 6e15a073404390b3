"""The bytes of a user's file: unpacked, and decoded to UTF-8."""

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from pathlib import Path

from keras_gru.errors import UserError
from keras_gru.files import read_file

# First bytes of a file -> how it is compressed.
_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"(\xb5/\xfd": "zstd"}
_ZIP = b"PK\x03\x04"
# First bytes of a binary file -> its format.
_BINARY = {
    b"PAR1": "a Parquet file",
    b"ARROW1": "a Feather file",
    b"\x93NUMPY": "a NumPy array (.npy)",
    b"\x89HDF": "an HDF5 file",
    b"%PDF": "a PDF file",
    b"\x89PNG": "a PNG picture",
    b"RIFF": "a WAV file",
    b"SQLite format 3": "an SQLite database",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls)",
    _ZIP: "a zip file",
}
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MEMORY_FACTOR = 4  # times its size that a file takes while it is read (benchmarks/reading.py)
_BLOCK = 1 << 22  # bytes that are decoded at a time
_SAMPLE = 50_000  # bytes that the encoding is guessed from
_HEAD = 200_000  # bytes that the form is guessed from


def read_bytes(path: Path) -> tuple[bytes, str | None]:
    """Read a file and unpack it.

    Args:
        path: path of a plain file, or one that is packed by gzip, bzip2, xz, zstd or zip.

    Returns:
        The unpacked bytes, and the name of the compression or None.

    Raises:
        UserError: if the file cannot be read or is damaged, or a zip file has several members.
    """
    check_memory(path, path.stat().st_size)
    data = read_file(path)
    for magic, compression in _COMPRESSED.items():
        if data.startswith(magic):
            try:
                return _unpack(data, compression), compression
            except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
                raise UserError(
                    f"{path}: expected a whole {compression} file, got a damaged one ({error}). "
                    "Fetch or write it again."
                ) from None
    if data.startswith(_ZIP) and not is_spreadsheet(data):
        return _only_member(path, data), "zip"
    return data, None


def read_head(path: Path) -> bytes:
    """Read the first bytes of a file, uncompressed."""
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    is_packed = head.startswith((*_COMPRESSED, _ZIP))
    return read_bytes(path)[0][:_HEAD] if is_packed else head


def check_memory(path: Path, size: float, what: str = "file") -> None:
    """Raise a `UserError` if there is not enough free memory to read a file.

    Args:
        path: path of the file.
        size: size in bytes.
        what: its name in the message.
    """
    if not fits_into_memory(size):
        free = _available_memory() or 0
        raise UserError(
            f"{path}: expected a {what} that fits into memory, got {size / 1e9:.1f} GB, which take "
            f"about {_MEMORY_FACTOR * size / 1e9:.0f} GB to read, with {free / 1e9:.1f} GB free. "
            "Use fewer rows, or texts in a Parquet file or in a CSV or text file that is UTF-8 and "
            "not compressed, which are read block by block."
        )


def fits_into_memory(size: float) -> bool:
    """Return whether so many bytes can be read with the memory that is free."""
    free = _available_memory()
    return free is None or _MEMORY_FACTOR * size <= free


def _available_memory() -> int | None:
    """Return the available memory in bytes on Linux; None on other systems."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None


def _unpack(data: bytes, compression: str) -> bytes:
    if compression == "zstd":
        import pyarrow

        return pyarrow.CompressedInputStream(pyarrow.BufferReader(data), "zstd").read()
    return {"gzip": gzip, "bzip2": bz2, "xz": lzma}[compression].decompress(data)


def _only_member(path: Path, data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [
                one.filename
                for one in archive.infolist()
                if not one.is_dir() and not one.filename.startswith("__MACOSX/")
            ]
            if len(names) != 1:
                found = f"{len(names)}: {', '.join(names[:5])}" if names else "none"
                raise UserError(
                    f"{path}: expected a zip file with one file in it, got {found}. "
                    "Unpack it and name the file."
                )
            return archive.read(names[0])
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise UserError(
            f"{path}: expected a zip file that can be read, got a damaged or encrypted one "
            f"({error}). Unpack it and name the file."
        ) from None


def is_spreadsheet(data: bytes) -> bool:
    """Return whether the bytes are an Excel file (.xlsx)."""
    return data.startswith(_ZIP) and b"xl/" in data[:20_000] + data[-20_000:]


def binary_form(data: bytes) -> str | None:
    """Return the format of binary data, such as `"a Parquet file"`; None if unknown."""
    if is_spreadsheet(data):
        return "an Excel file (.xlsx)"
    return next((form for magic, form in _BINARY.items() if data.startswith(magic)), None)


def decode(path: Path, data: bytes, encoding: str | None) -> tuple[bytes, str]:
    """Decode text to UTF-8 without a byte-order mark.

    Args:
        path: the file, for error messages.
        data: the text's bytes.
        encoding: its encoding; None guesses it.

    Returns:
        The text as UTF-8, and the encoding.

    Raises:
        UserError: if the bytes are not text in this encoding, or no encoding is recognized.
    """
    for mark, name in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark) and encoding in (None, name):
            encoding = name
            break
    encoding = encoding or _guess_encoding(path, data)
    try:
        if encoding == "utf-8":
            data = data.removeprefix(codecs.BOM_UTF8)
            _check_utf8(data)
            return data, encoding
        return data.decode(encoding).encode(), encoding
    except UnicodeError as error:
        line = data.count(b"\n", 0, getattr(error, "start", 0)) + 1
        raise UserError(
            f"{path}, line {line}: expected text in {encoding}, got the byte "
            f"0x{data[getattr(error, 'start', 0)]:02x}. Set dataset.encoding, such as cp1252."
        ) from None


def _check_utf8(data: bytes) -> None:
    """Raise a UnicodeDecodeError with the position if bytes are not UTF-8."""
    start = 0
    while start < len(data):  # the text as a whole may take four bytes for each character
        block = data[start : start + _BLOCK]
        try:
            start += codecs.utf_8_decode(block, "strict", start + _BLOCK >= len(data))[1]
        except UnicodeDecodeError as error:
            error.object, error.start, error.end = data, error.start + start, error.end + start
            raise


def is_utf8(path: Path) -> bool:
    """Return whether a file is plain text in UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return False
            if b"\0" in block:
                return False
    return True


def _guess_encoding(path: Path, data: bytes) -> str:
    try:
        _check_utf8(data)
        if b"\0" not in data[:_SAMPLE]:
            return "utf-8"
        index = 0
    except UnicodeDecodeError as error:
        index = error.start
    form = binary_form(data)
    if form:
        raise UserError(f"{path}: expected text, got {form}. Choose the dataset's kind for it.")
    head = data[:_SAMPLE]
    if b"\0" in head:  # UTF-16 without a mark: every other byte of Latin text is 0
        odd, even = head[1::2].count(0), head[::2].count(0)
        half = len(head) / 2
        if half > 4 and max(odd, even) > 0.4 * half and min(odd, even) < 0.1 * half:
            return "utf-16-le" if odd > even else "utf-16-be"
        raise UserError(
            f"{path}: expected text, got binary data (a zero at byte {head.index(0)}). "
            "Export it as CSV, Parquet or JSON lines."
        )
    # A sample around the first byte that is not ASCII, as ASCII is equal in all encodings.
    start = max(0, data.rfind(b"\n", 0, max(0, index - _SAMPLE // 2)) + 1)
    sample = data[start : start + _SAMPLE]
    import charset_normalizer

    best = charset_normalizer.from_bytes(sample).best()
    # Text with few letters beyond ASCII is most likely Western or Central European.
    letters = sum(bytes([byte]).isalpha() or byte > 127 for byte in sample)
    if sum(byte > 127 for byte in sample) < 0.3 * letters:
        guess = "" if best is None else best.encoding
        central = guess in ("cp1250", "iso8859_2")
        if central and sample.decode(guess) != sample.decode("cp1252", "replace"):
            return guess
        if _can_decode(data, "cp1252"):
            return "cp1252"
    if best is None:
        raise UserError(
            f"{path}: expected text, got byte 0x{data[index]:02x} at {index}, which no encoding "
            "explains. Set dataset.encoding, or save the file in UTF-8."
        )
    return best.encoding


def _can_decode(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeError:
        return False
    return True
