"""Babelmill: raw multilingual text in, a tokenized pretraining corpus out, every token accounted for."""
