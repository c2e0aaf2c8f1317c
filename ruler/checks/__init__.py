"""Finds what is wrong or suspicious in rules: every error, and warnings that catch real mistakes."""
