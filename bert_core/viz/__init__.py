"""Result dataclass in, figure out: numbers in words, bars, steps and tables."""
