"""Puts this folder on the path, for `diagnose_cases`."""
