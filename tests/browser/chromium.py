"""Where the browser for the tests is. As a program: prints its path, or exits with status 1."""

import os
import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")

LAUNCH_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """The path of the browser named by BERT_EXPLORER_CHROMIUM, else of one on PATH, else None.

    Raises:
        ValueError: when BERT_EXPLORER_CHROMIUM names no program.
    """
    if asked := os.environ.get("BERT_EXPLORER_CHROMIUM"):
        if found := shutil.which(asked):
            return found
        raise ValueError(f"BERT_EXPLORER_CHROMIUM is {asked!r}, which is not a program")
    return next((path for name in NAMES if (path := shutil.which(name))), None)


if __name__ == "__main__":
    try:
        chromium = find_chromium()
    except ValueError as error:
        sys.exit(str(error))
    if chromium is None:
        sys.exit(1)
    print(chromium)
