"""Other people's generators of pictures, each behind the same two functions: `fit` and `sample`."""
