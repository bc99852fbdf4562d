"""The five training principles, each one file."""
