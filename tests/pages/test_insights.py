"""Founders see who uses what, narrowed to what they ask about."""

from __future__ import annotations

from tests.pages.conftest import Visit


def test_an_empty_house_shows_zeros_and_no_sample_switch(own_house: None, founder: Visit) -> None:
    founder.go("founder/insights")
    assert [metric.value for metric in founder.app.metric][:2] == ["0", "0"]
    assert not [control for control in founder.app.segmented_control if control.key == "scope_data"]
