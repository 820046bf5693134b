"""Many visitors at once: a browser's words without a browser, and a server to say them to."""
