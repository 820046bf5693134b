"""Where this server's pages begin, for links outside of Streamlit: `server.baseUrlPath`, behind a proxy by path."""

from __future__ import annotations

import streamlit as st


def base() -> str:
    """Return what stands before every path of ours: "" or "/name"."""
    found = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{found}" if found else ""
