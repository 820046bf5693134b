"""From files to passages to what answers a question."""
