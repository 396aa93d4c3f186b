"""A package and documents for the tests of the training text."""

from bert_core.data.documents import Document
from bert_core.data.packages import PackageArchive

PACKAGE = PackageArchive("tiny", "1.0", "npm", "tiny-1.0.tgz", "0" * 64, "CC0", "its README")


def many(count: int) -> list[Document]:
    return [Document(f"d/{n}", "d", (f"This is the text of number {n}.",)) for n in range(count)]
