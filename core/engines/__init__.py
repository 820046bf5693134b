"""The engines: what runs weights. Tasks know only the three protocols of `base`."""

import os

# llama.cpp and torch let their threads spin while they wait for each other. With more work than cores that burns
# the very time that the other thread needs: with several engines at work on two cores, SmolLM2 wrote 3 to 15 tokens
# a second with long spinning and 25 to 70 with short. Read by the OpenMP library when it is first loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

# oneDNN and torch's layer above it each keep a program for every number of rows that a product was asked for, a
# thousand of them at 0.3 MB and more: texts have all lengths, so that a server grew by 0.5 to 1 GB within its first
# hours. Making one anew takes some milliseconds; padding all products to few heights made each 6 to 18 % slower.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")
os.environ.setdefault("LRU_CACHE_CAPACITY", "256")
