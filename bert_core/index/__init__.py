"""Nearest contexts in a corpus: every word's vector, in an index that answers in milliseconds.

    corpus -> plan -> shards (words, vectors) -> FAISS index a layer + SQLite beside it -> search
"""
