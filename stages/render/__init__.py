"""Demo footage: a fixed camera over a plaza, made from a seed, with exact ground truth."""
