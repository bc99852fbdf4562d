"""Other people's generators, each behind the same functions: `fit`, `size`, and `sample` or `forecast`."""
