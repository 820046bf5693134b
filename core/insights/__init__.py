"""Numbers with their n and their interval, from what the store counts; no drawing."""
