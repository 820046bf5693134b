"""The survey at the front desk: who is asked when, and what they say."""

from __future__ import annotations

from dataclasses import replace

from core import limits
from core.errors import OutOfRange
from core.jobs import JobBoard
from core.store import surveys
from core.store.db import Database
from core.store.record import Recorder
from core.types import SurveyAnswer, SurveyState

SURVEY_WAIT_SECONDS = 0.3
# After this a use has been written down, or waits for a database that a page should not wait for.
JUST_SECONDS = 2.0


class SurveyDesk:
    """The part of the desk that asks visitors how it does."""

    _board: JobBoard
    _database: Database
    _recorder: Recorder

    def survey_state(self, visitor_id: str) -> SurveyState:
        """Return whether to ask the visitor now, and what they answered; nobody is asked while an answer is made."""
        if self._board.is_busy(visitor_id):
            return replace(surveys.state(self._database, visitor_id), is_asked=False)
        if self._board.has_just_ended(visitor_id, JUST_SECONDS):
            self._recorder.flush(SURVEY_WAIT_SECONDS)  # that use counts
        return surveys.state(self._database, visitor_id)

    def show_survey(self, visitor_id: str) -> None:
        """Note that the visitor was asked."""
        surveys.show(self._database, visitor_id)

    def answer_survey(self, visitor_id: str, answer: SurveyAnswer) -> None:
        """Save the visitor's answers, in place of earlier ones; raises InputError and NotInvited.

        They are kept whatever the consent to log, because the visitor pressed send.
        """
        if answer.recommend is not None and not 0 <= answer.recommend <= 10:
            raise OutOfRange(what="A recommendation", value=answer.recommend, low=0, high=10)
        said = replace(
            answer,
            benefit=limits.check_words(answer.benefit, limits.SURVEY_CHARACTERS, "main benefit"),
            audience=limits.check_words(answer.audience, limits.SURVEY_CHARACTERS, "answer to who would benefit"),
            improvement=limits.check_words(answer.improvement, limits.SURVEY_CHARACTERS, "wish"),
        )
        surveys.save(self._database, visitor_id, said)

    def snooze_survey(self, visitor_id: str) -> None:
        """Ask the visitor again after some days."""
        surveys.snooze(self._database, visitor_id)

    def decline_survey(self, visitor_id: str) -> None:
        """Never ask the visitor again."""
        surveys.decline(self._database, visitor_id)

    def take_survey_back(self, visitor_id: str) -> None:
        """Delete the visitor's answers to the survey; they are not asked again."""
        surveys.take_back(self._database, visitor_id)
