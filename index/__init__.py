"""Articles in, searchable archive out."""
