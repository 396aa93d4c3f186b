"""Readers of the further sources: each takes a package's archive and gives its texts."""
