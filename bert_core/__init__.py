"""The encoder behind BERT Explorer: tokens, masks, vectors, heads, training and analyses.

It knows nothing of the screen: use it from a notebook, a script or `python -m bert_core`.
"""
