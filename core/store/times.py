"""Durations as histograms that can be added: what percentiles of a million uses are read from.

A bucket holds what lies between `RATIO**k` and `RATIO**(k+1)` milliseconds; a percentile is the middle of its bucket
(by ratio), so it is off by at most `ERROR` of itself. The idea is that of DDSketch (Masson, Rim and Lee 2019).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

RATIO = 1.1
ERROR = math.sqrt(RATIO) - 1  # 4.9 %
BUCKETS = 200  # the last holds everything from 1.9 hours on
_LOG = math.log(RATIO)
_PAIR_BYTES = 6


def bucket_of(seconds: float) -> int:
    """Return the bucket of a duration; all below a millisecond lie in the first."""
    return min(BUCKETS - 1, max(0, math.floor(math.log(max(seconds, 1e-9) * 1_000) / _LOG)))


def seconds_of(bucket: int) -> float:
    """Return the middle of a bucket by ratio."""
    return RATIO ** (bucket + 0.5) / 1_000


def packed(counts: Mapping[int, int]) -> bytes:
    """Return a histogram as bytes: pairs of a bucket (2 bytes) and how many it holds (4), joined by `unpacked`."""
    return b"".join(
        bucket.to_bytes(2, "little") + counts[bucket].to_bytes(4, "little")
        for bucket in sorted(counts)
        if counts[bucket]
    )


def unpacked(many: Iterable[bytes]) -> Counter[int]:
    """Return the sum of packed histograms."""
    import numpy as np

    pairs = np.frombuffer(b"".join(many), dtype=np.dtype([("bucket", "<u2"), ("n", "<u4")]))
    sums = np.bincount(pairs["bucket"], weights=pairs["n"], minlength=0)
    return Counter({int(bucket): int(sums[bucket]) for bucket in np.flatnonzero(sums)})


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """Return the duration in seconds that `share` of all lie at or below, or None where there are none.

    Of n sorted durations it is the one in place ceil(share * n), the nearest rank.
    """
    n = sum(counts.values())
    rank = max(1, math.ceil(share * n - 1e-9))
    below = 0
    for bucket in sorted(counts):
        below += counts[bucket]
        if below >= rank:
            return seconds_of(bucket)
    return None
