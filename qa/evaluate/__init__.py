"""Bulk questions: files, metrics, runs."""
