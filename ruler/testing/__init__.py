"""Runs tests of rules that are kept beside them in files."""
