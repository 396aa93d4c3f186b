"""Calls of the command line in this process: one that must work, one that must be refused."""

import json
from typing import Any

import pytest

from bert_core.cli import main

TYPED = "the [MASK] flows to the [MASK]"
Capture = pytest.CaptureFixture[str]


def answer(capsys: Capture, *arguments: str) -> Any:
    """What a verb prints with --json, which must be one document and all there is."""
    assert main([*arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and out.endswith("\n") and out.count("\n") == 1
    return json.loads(out)


def refused(capsys: Capture, *arguments: str) -> str:
    """The one line on standard error of a verb that ends with status 2."""
    try:
        status: Any = main(arguments)
    except SystemExit as end:
        status = end.code
    out, err = capsys.readouterr()
    assert (status, out) == (2, ""), (status, out, err)
    assert err.count("\n") == 1 and err.endswith("\n") and "Traceback" not in err
    return err
