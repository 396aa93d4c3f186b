"""Small archives in the layout of the real ones: Debian packages, dictionaries of dictd, wheels."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def write_debian(
    path: Path, files: Mapping[str, bytes | str], links: Mapping[str, str] | None = None
) -> Path:
    """Write a Debian package: an ``ar`` archive with data.tar.xz; `links` are name -> target."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as tar:
        for name, target in (links or {}).items():
            link = tarfile.TarInfo(f"./{name}")
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(raw)
            tar.addfile(entry, io.BytesIO(raw))
    archive = b"!<arch>\n"
    for title, data in [("debian-binary", b"2.0"), ("data.tar.xz", packed.getvalue())]:
        archive += f"{title:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
        archive += data + b"\n" * (len(data) % 2)
    path.write_bytes(archive)
    return path


def write_wheel(path: Path, files: Mapping[str, str]) -> Path:
    """Write a wheel with these files."""
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
    return path


def dictd_files(name: str, entries: Sequence[tuple[Sequence[str], str]]) -> dict[str, bytes]:
    """The two files of a dictd database; each entry has the headwords that lead to it."""
    data, index = b"", ""
    for words, text in entries:
        for word in words:
            index += f"{word}\t{_number(len(data))}\t{_number(len(text.encode()))}\n"
        data += text.encode()
    folder = "usr/share/dictd"
    return {
        f"{folder}/{name}.dict.dz": gzip.compress(data),
        f"{folder}/{name}.index": index.encode(),
    }


def _number(value: int) -> str:
    return (_number(value // 64) if value >= 64 else "") + _DIGITS[value % 64]
