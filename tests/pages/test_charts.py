"""Numbers behind the charts_sentiment."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.rates import wilson
from pages.parts import charts, charts_sentiment

START = date(2026, 1, 1)


def days(number: int) -> list[str]:
    return [(START + timedelta(days=place)).isoformat() for place in range(number)]


def test_a_trend_of_few_texts_is_not_drawn() -> None:
    assert charts_sentiment.trend(["positive"] * 20, days(20)) is None


def test_a_trend_of_one_day_is_not_drawn() -> None:
    assert charts_sentiment.trend(["positive"] * 90, [START.isoformat()] * 90) is None


def test_a_trend_says_how_many_texts_it_rests_on() -> None:
    labels = ["positive", "negative", "neutral"] * 60
    figure = charts_sentiment.trend(labels, days(180))
    assert figure is not None
    assert "n = 180" in figure.layout.title.subtitle.text
    assert "by month" in figure.layout.title.subtitle.text


def test_rows_without_a_label_or_date_are_left_out_of_a_trend() -> None:
    labels = ["positive", "", "negative"] * 60
    dates = [day if place % 5 else "" for place, day in enumerate(days(180))]
    figure = charts_sentiment.trend(labels, dates)
    assert figure is not None
    assert "n = 96" in figure.layout.title.subtitle.text


def test_shares_carry_their_interval() -> None:
    figure = charts_sentiment.label_shares(["positive"] * 30 + ["negative"] * 10)
    positive = figure.data[2]
    assert positive.x[0] == pytest.approx(0.75)
    assert positive.error_x.array[0] == pytest.approx(wilson(30, 40)[1] - 0.75)


def test_pandas_is_whole_before_a_chart_is_drawn() -> None:
    # Plotly looks for it in sys.modules, where another visit's import may be halfway: found by a soak of 12 seconds.
    assert charts.pandas.Series
