"""Messages that no page sends, written by hand and sent to the real app: nobody else loses anything by them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.load.client import Client, tell
from tests.load.server import Running, running

pytestmark = [pytest.mark.e2e, pytest.mark.promise("R14")]

LETTER = "Please send the lamp before Friday."


class Attacker(Client):
    """A visitor who sends what no page does, and keeps every kind of message that comes back."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "/translate")
        self.heard: list[str] = []

    async def say(self, message: BackMsg) -> None:
        """Send a message as it is."""
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())

    def _take(self, message: ForwardMsg) -> None:
        self.heard.append(message.WhichOneof("type") or "")
        super()._take(message)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("fake", tmp_path_factory.mktemp("messages") / "data") as server:
        yield server


def forged(session_id: str) -> list[BackMsg]:
    """Every message that Streamlit knows and no page of ours sends."""
    skills = BackMsg()
    skills.backend_operation_request.session_id = session_id
    skills.backend_operation_request.install_skills.SetInParent()
    nudge = BackMsg()
    nudge.backend_operation_request.session_id = session_id
    nudge.backend_operation_request.dismiss_skills_nudge.SetInParent()
    return [
        BackMsg(clear_cache=True),
        BackMsg(load_git_info=True),
        BackMsg(set_run_on_save=True),
        BackMsg(debug_disconnect_websocket=True),
        BackMsg(debug_shutdown_runtime=True),
        skills,
        nudge,
        BackMsg(),
    ]


def test_a_message_that_no_page_sends_takes_nothing_from_anybody(server: Running) -> None:
    async def story() -> None:
        async with Client(server.url, "/translate") as visitor, Attacker(server.url) as attacker:
            await visitor.settled()
            await attacker.settled()
            await visitor.type("Text to translate", LETTER)
            await visitor.settled()
            await visitor.click("Translate")
            await visitor.answered()
            answer = visitor.texts()
            for message in forged(attacker.session_id):
                await attacker.say(message)
            await attacker.rerun()
            await attacker.settled()
            # The answer is asked of the open house, whose jobs would be gone with the cache.
            await visitor.rerun()
            await visitor.settled()
            assert visitor.texts() == answer
            assert not {"git_info_changed", "backend_operation_response"}.intersection(attacker.heard)

    tell(story())


def test_messages_in_a_row_do_not_fill_the_log(server: Running) -> None:
    before = server.log.stat().st_size

    async def story() -> None:
        async with Attacker(server.url) as attacker:
            await attacker.settled()
            for _ in range(500):
                await attacker.say(BackMsg(clear_cache=True))
            await attacker.rerun()
            await attacker.settled()

    tell(story())
    said = server.log.read_bytes()[before:]
    assert said.count(b"a message that no page sends") == 1
    assert len(said) < 5_000
