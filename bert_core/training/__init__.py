"""Training on masked words and next sentences together, and measuring how well it went."""
