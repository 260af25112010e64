"""The shipped reader: see README.md beside this file."""
