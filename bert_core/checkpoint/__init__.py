"""Checkpoints in the Hugging Face layout: names, reading, writing, and where to find them."""
