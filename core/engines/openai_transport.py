"""What of an engine's answers reaches this process: so many bytes, not compressed, from no other address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import httpx2

MOST = "hearback_most_bytes"
CONNECTIONS = 1_000


def open_client(headers: Mapping[str, str], most_bytes: int) -> httpx2.AsyncClient:
    """Return a client that follows no redirect and asks no proxy.

    `most_bytes` bounds every answer whose request says no other bound by its extension `MOST`.
    """
    return httpx2.AsyncClient(
        transport=_Narrow(most_bytes),
        headers={"Accept-Encoding": "identity", **headers},
        follow_redirects=False,
        trust_env=False,
    )


class _Narrow(httpx2.AsyncHTTPTransport):
    """A transport whose answers end with an error once they are larger than they may be."""

    def __init__(self, most_bytes: int) -> None:
        limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=100, keepalive_expiry=30.0)
        super().__init__(trust_env=False, limits=limits)
        self._most_bytes = most_bytes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request and return its answer, counted; a compressed one, which nobody asked for, is refused."""
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            await response.aclose()
            raise httpx2.DecodingError("a compressed answer", request=request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - narrows the type
        response.stream = _Counted(response.stream, request, request.extensions.get(MOST, self._most_bytes))
        return response


class _Counted(httpx2.AsyncByteStream):
    """Bytes that are counted as they pass."""

    def __init__(self, stream: httpx2.AsyncByteStream, request: httpx2.Request, most_bytes: int) -> None:
        self._stream = stream
        self._request = request
        self._left = most_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Pass the bytes on; raises ReadError for one too many."""
        async for part in self._stream:
            self._left -= len(part)
            if self._left < 0:
                raise httpx2.DecodingError("the answer is larger than it may be", request=self._request)
            yield part

    async def aclose(self) -> None:
        """Close the connection's stream."""
        await self._stream.aclose()
