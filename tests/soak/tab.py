"""A tab that can do what a long visit needs beside clicking and typing: choose, switch, and bring a file."""

from __future__ import annotations

import asyncio
import http.client
import secrets
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.load.client import XSRF, Client

BUG = "Something unexpected happened"


class Tab(Client):
    """One tab of a visitor who does more; what a page says of a bug is raised as RuntimeError by `check`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._offered: dict[str, Any] = {}

    async def choose(self, label: str, option: str) -> None:
        """Choose an option of a segmented control by the control's label."""
        found, fragment_id = self._widget(("button_group",), label)
        state = WidgetState(id=found.id)
        state.string_array_value.data.append(option)
        await self._send_value(found.id, fragment_id, state)

    async def switch(self, label: str, is_on: bool) -> None:
        """Turn a switch or a checkbox on or off."""
        found, fragment_id = self._widget(("checkbox",), label)
        await self._send_value(found.id, fragment_id, WidgetState(id=found.id, bool_value=is_on))

    async def upload(self, label: str, name: str, content: bytes) -> None:
        """Bring a file to the uploader with this label; in a form it waits for the form's button."""
        field, fragment_id = self._widget(("file_uploader",), label)
        place = await self._place_for(name)
        status = await asyncio.to_thread(self._put, place.upload_url, name, content)
        if status not in (200, 204):
            raise ConnectionError(f"The upload of {name} was answered with {status}.")
        state = WidgetState(id=field.id)
        state.file_uploader_state_value.uploaded_file_info.add(
            name=name, size=len(content), file_id=place.file_id, file_urls=place
        )
        if field.form_id:
            self._states[field.id] = state
            return
        await self._send_value(field.id, fragment_id, state)

    def check(self) -> None:
        """Raise RuntimeError where the page shows that something broke that nobody had thought of."""
        if broken := [text for text in self.texts() if BUG in text]:
            raise RuntimeError(f"{self.page}: {broken[0][:200]}")

    async def _place_for(self, name: str) -> Any:
        request_id = secrets.token_hex(8)
        message = BackMsg()
        message.file_urls_request.request_id = request_id
        message.file_urls_request.session_id = self.session_id
        message.file_urls_request.file_names.append(name)
        if self._socket is None:
            raise ConnectionError("The tab is closed.")
        await self._socket.send(message.SerializeToString())
        await self.until(lambda: request_id in self._offered)
        offered = self._offered.pop(request_id)
        if not offered.file_urls:
            raise ConnectionError(f"No place for {name}: {offered.error_msg}")
        return offered.file_urls[0]

    def _put(self, path: str, name: str, content: bytes) -> int:
        border = secrets.token_hex(16)
        head = f'--{border}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        body = (
            f"{head}Content-Type: application/octet-stream\r\n\r\n".encode()
            + content
            + f"\r\n--{border}--\r\n".encode()
        )
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=self._patience)
        try:
            headers = {
                "Content-Type": f"multipart/form-data; boundary={border}",
                "Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items()),
                "X-Xsrftoken": self.cookies.get(XSRF, ""),
            }
            connection.request("PUT", urlsplit(path).path, body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def _take(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "file_urls_response":
            self._offered[message.file_urls_response.response_id] = message.file_urls_response
            return
        super()._take(message)
