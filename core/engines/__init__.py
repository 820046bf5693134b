"""The engines: what runs weights. Tasks know only the three protocols of `base`."""
