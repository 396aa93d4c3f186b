"""The rules of the design on who may import what, as a function of a file's path and source."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

SOURCE_FOLDERS = ("bert_core", "pages", "ui")
LONGEST_PAGE = 120
LONGEST_FILE = 300

_BASE = {"config", "outputs", "cancel"}
_ENCODER = _BASE | {"tokenizer", "model"}
_EVERYTHING = _ENCODER | {"words", "checkpoint", "data", "training", "analysis", "index", "viz"}

# What a part may import besides itself and `bert_core/__init__.py`.
MAY_IMPORT: dict[str, set[str]] = {
    "config": set(),
    "cancel": set(),
    "outputs": {"config"},
    "bert_core/__init__.py": _BASE,
    "tokenizer": _BASE,
    "model": _BASE,
    "words": _BASE,
    "checkpoint": _ENCODER,
    "data": _ENCODER | {"words"},
    "training": _ENCODER | {"words", "checkpoint", "data"},
    "analysis": _ENCODER | {"words", "checkpoint"},
    "index": _ENCODER | {"words", "checkpoint", "data", "analysis"},
    "viz": {"outputs"},
    "cli": _EVERYTHING,
    "ui": _EVERYTHING,
    "pages": {"ui", "viz", "outputs"},
    "app": {"ui"},
}
_ROOT_PART = "bert_core/__init__.py"
_SAME_PART = {
    "__main__": "cli",
    "wordpiece_trace": "tokenizer", "tokenizer_files": "tokenizer", "truncation": "tokenizer",
}

LAZY = {
    "accelerate", "captum", "datasets", "umap", "sklearn", "scipy", "faiss", "gensim", "spacy",
    "ray", "bertviz", "plotly",
    "huggingface_hub", "transformers", "mpld3", "xstatic",
}
HUB_FILES = "bert_core/checkpoint/hub*.py"


@dataclass(frozen=True)
class Import:
    """One import: the dotted name it is for, the line, and whether starting the app pays for it."""

    name: str
    line: int
    lazy: bool


def violations(path: PurePosixPath, source: str) -> list[str]:
    """Every rule that `source`, lying at `path` in the repository, breaks: file, line, rule."""
    tree = ast.parse(source, filename=str(path))
    found = [*_length(path, source)]
    for wanted in _imports(tree, path):
        rules = [_direction(path, wanted), _foreign(path, wanted), _streamlit_import(path, wanted)]
        found += [f"{path}:{wanted.line}: imports {wanted.name}: {rule}" for rule in rules if rule]
    if part_of(path) not in MAY_IMPORT:
        found.append(f"{path}: there is no rule for it: give {part_of(path)} a line in MAY_IMPORT")
    return found + _streamlit_use(path, tree)


def part_of(path: PurePosixPath) -> str:
    """The part of the design that the file at `path` belongs to: "model", "ui", ..."""
    return _part_of_module(".".join(path.with_suffix("").parts).removesuffix(".__init__")) or "?"


def _part_of_module(name: str) -> str | None:
    """The part that the dotted `name` belongs to; None when it is not this project's."""
    top, *rest = name.split(".")
    if top in ("app", "pages", "ui"):
        return top
    if top != "bert_core":
        return None
    return _SAME_PART.get(rest[0], rest[0]) if rest else _ROOT_PART


def _imports(tree: ast.Module, path: PurePosixPath) -> Iterator[Import]:
    """Every import of the file, written as a statement or as a call, relative ones resolved."""
    for node, lazy in _walk(tree, lazy=False):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = _names_imported_from(node, path)
        else:
            names = _names_imported_by_call(node)
        yield from (Import(name, getattr(node, "lineno", 0), lazy) for name in names)


def _walk(node: ast.AST, lazy: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Every node below, with whether it runs later than its module, or never."""
    for child in ast.iter_child_nodes(node):
        later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and child in node.body
        later |= isinstance(node, ast.Lambda) and child is node.body
        later |= isinstance(node, ast.If) and child in node.body and _is_type_checking(node.test)
        yield child, lazy or later
        yield from _walk(child, lazy or later)


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _names_imported_from(node: ast.ImportFrom, path: PurePosixPath) -> list[str]:
    base = (node.module or "").split(".") if node.module else []
    if node.level:
        package = list(path.parent.parts)
        base = package[: len(package) - node.level + 1] + base
    return [".".join([*base, alias.name]) for alias in node.names]


def _names_imported_by_call(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.Call) or not node.args:
        return []
    called = ast.unparse(node.func).split(".")[-1]
    first = node.args[0]
    if called not in ("import_module", "__import__") or not isinstance(first, ast.Constant):
        return []
    return [first.value] if isinstance(first.value, str) else []


def _direction(path: PurePosixPath, wanted: Import) -> str | None:
    part, target = part_of(path), _part_of_module(wanted.name)
    if target in ("pages", "app"):
        return f"nothing imports {target}"
    if target is None or target == part or part not in MAY_IMPORT:
        return None
    if target not in MAY_IMPORT and wanted.name.count(".") == 1:  # from bert_core import NAME
        target = _ROOT_PART
    if target in {*MAY_IMPORT[part], _ROOT_PART}:
        return None
    allowed = ", ".join(sorted(MAY_IMPORT[part]))
    return f"{part} may import only {allowed}" if allowed else f"{part} may import nothing of ours"


def _foreign(path: PurePosixPath, wanted: Import) -> str | None:
    top = wanted.name.split(".")[0]
    if top == "streamlit" and path.parts[0] == "bert_core":
        return "bert_core never imports streamlit"
    if top == "transformers" and not path.match(HUB_FILES):
        return f"transformers is imported only where a hub id is resolved ({HUB_FILES})"
    if top in LAZY and not wanted.lazy:
        return f"{top} is imported lazily: inside a function, or under TYPE_CHECKING"
    return None


def _streamlit_import(path: PurePosixPath, wanted: Import) -> str | None:
    top, *rest = wanted.name.split(".")
    return _only_ui(path, rest[0]) if top == "streamlit" and rest else None


def _streamlit_use(path: PurePosixPath, tree: ast.Module) -> list[str]:
    """Uses such as `st.session_state` where only ui may."""
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "streamlit"
    }
    uses = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in names
    ]
    rules = [(use.lineno, _only_ui(path, use.attr)) for use in uses]
    return [f"{path}:{line}: {rule}" for line, rule in rules if rule]


def _only_ui(path: PurePosixPath, attribute: str) -> str | None:
    guarded = attribute.startswith("cache_") or attribute in ("session_state", "components")
    return f"st.{attribute} is for ui alone" if guarded and path.parts[0] != "ui" else None


def _length(path: PurePosixPath, source: str) -> Iterator[str]:
    limit = LONGEST_PAGE if path.parts[0] == "pages" else LONGEST_FILE
    if (lines := len(source.splitlines())) > limit:
        yield f"{path}: has {lines} lines; the limit is {limit}"
