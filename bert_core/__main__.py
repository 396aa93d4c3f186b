"""`python -m bert_core VERB`: what the app shows, a script can get."""

import sys

from bert_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
