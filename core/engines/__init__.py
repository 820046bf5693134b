"""The engines: what runs weights. Tasks know only the three protocols of `base`."""

import os

# llama.cpp and torch let their threads spin while they wait for each other. With more work than cores that burns
# the very time that the other thread needs: with several engines at work on two cores, SmolLM2 wrote 3 to 15 tokens
# a second with long spinning and 25 to 70 with short. Read by the OpenMP library when it is first loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
