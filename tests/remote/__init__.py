"""Engines beyond this process: the real servers, started here on loopback, and a tiny one for what they never do."""
