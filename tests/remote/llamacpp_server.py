"""llama.cpp's own HTTP server in a process of its own: `python -m tests.remote.llamacpp_server ID PORT KEY SLOTS`.

It prints a line once it listens and ends when its standard input does, or by a signal.
"""

from __future__ import annotations

import sys

import xllamacpp

from core.config import read_settings
from core.engines.catalog import known_as, locate


def main() -> None:
    weights_id, port, key, slots = sys.argv[1:5]
    weights = known_as(weights_id)
    assert weights is not None
    settings = read_settings()
    params = xllamacpp.CommonParams()
    params.model.path = str(locate(weights, settings.cache_folder))
    params.model_alias = {weights_id}
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], int(port), [key]
    params.n_parallel, params.n_ctx = int(slots), int(slots) * 1_536
    params.n_batch = params.n_ubatch = 512
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings.threads
    params.cache_ram_mib, params.warmup, params.verbosity, params.ui = 64, False, -1, False
    params.endpoint_slots = True
    if "--embedding" in sys.argv:
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
