"""What a person can ask of a model, as functions from a text to a result dataclass."""
