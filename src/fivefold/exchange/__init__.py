"""The world's models, both ways: Hugging Face folders and GGUF files in and out."""
