"""Readers of manuals and a book in HTML or Mallard; a page is a text."""

from pathlib import Path

from bert_core.data.sources.markup import read_pages
from bert_core.data.sources.prose import Texts


def debian_handbook(archive: Path) -> Texts:
    """Yield the pages of the Debian Administrator's Handbook."""
    return read_pages(archive, r"usr/share/doc/debian-handbook/html/en-US/[^/]*\.html")


def png_guide(archive: Path) -> Texts:
    """Yield the chapters of PNG: The Definitive Guide."""
    return read_pages(archive, r"usr/share/doc/png-definitive-guide/.*\.html")


def rust(archive: Path) -> Texts:
    """Yield the pages of Rust's books: the language, its reference, editions, unsafe code."""
    books = "book|edition-guide|nomicon|reference"
    leaving_out = r"(?!.*(?:print\.html|std|/src/))"
    return read_pages(archive, rf"usr/share/doc/rust-doc/html/(?:{books})/{leaving_out}.*\.html")


def gnome_help(archive: Path) -> Texts:
    """Yield the topics of GNOME's help, without its legal notes."""
    return read_pages(archive, r"usr/share/help/C/(?!.*legal).*\.page")


def hackers(archive: Path) -> Texts:
    """Yield the chapters of Copyright Does Not Exist, a history of hacking."""
    pattern = r"usr/share/doc/cfi-en/html/[^/]*\.htm[^/]*"
    return read_pages(archive, pattern, keep=("table", "header"))
