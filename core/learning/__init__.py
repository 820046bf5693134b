"""From approved corrections to better weights; for now, how the shipped heads were trained."""
