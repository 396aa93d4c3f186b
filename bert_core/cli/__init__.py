"""The command line: `python -m bert_core VERB ... --model bundled --json`.

    arguments -> parser.py -> a verb (verbs.py, contexts.py, ...) -> JSON document -> text.py

With --json one JSON document goes to standard output and nothing else; without it, a few lines to
read. An error is one line on standard error, exit status 2.
"""

from bert_core.cli.parser import main

__all__ = ["main"]
