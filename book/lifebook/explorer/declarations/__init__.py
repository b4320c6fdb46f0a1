"""The explorers of the book, one module each; every one opens at the post's setting."""
