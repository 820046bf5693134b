"""What a browser may ask of Streamlit over its WebSocket: what our pages' own script sends, and nothing else.

Streamlit takes every message that it knows from every browser, whatever its menu offers. Anybody who writes one by
hand could so have cleared the caches of the whole server, in which the open house is: its engines and the answers that
were being written gone, for everybody. Another one tells the names of files that are not in git.
"""

from __future__ import annotations

import logging
from weakref import WeakSet

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.app_session import AppSession

# A click or a poll; Streamlit's own Stop; its sign of life; where an upload is to go.
MESSAGES = frozenset({"rerun_script", "stop_script", "app_heartbeat", "file_urls_request"})
# A file that is made when it is asked for, and the next rows of a long table.
OPERATIONS = frozenset({"deferred_file", "dataframe_chunk"})

_log = logging.getLogger("hearback.pages")


def is_allowed(message: BackMsg) -> bool:
    """Return whether a page of ours sends such a message."""
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in OPERATIONS
    return kind in MESSAGES


def hear_pages_only() -> None:
    """Let every session pass over a message that no page of ours sends. To be called once, before any visit."""
    handle = AppSession.handle_backmsg
    if getattr(handle, "is_of_pages_only", False):
        return

    told: WeakSet[AppSession] = WeakSet()

    def handle_backmsg(self: AppSession, msg: BackMsg) -> None:
        if is_allowed(msg):
            handle(self, msg)
        elif self not in told:  # once a session: nobody is to fill the log
            told.add(self)
            _log.warning("passed over a message that no page sends: %s", msg.WhichOneof("type"))

    handle_backmsg.is_of_pages_only = True  # type: ignore[attr-defined]
    AppSession.handle_backmsg = handle_backmsg  # type: ignore[method-assign]
