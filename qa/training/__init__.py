"""How the shipped reader was made, from data to weights: `python -m qa.training --help`."""
