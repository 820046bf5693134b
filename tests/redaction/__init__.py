"""Seeded personal data in nine languages, and ordinary text: what R17 is measured on, and what taught its tagger."""
