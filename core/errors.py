"""Every error that Hearback raises on purpose, each with a sentence for the person who meets it.

    HearbackError
    ├── InputError              what was sent cannot be used
    │   ├── EmptyInput
    │   ├── NotText
    │   ├── InputTooLong
    │   ├── UnreadableFile
    │   ├── UnsupportedFile
    │   ├── TooManyRows
    │   ├── MissingColumn
    │   ├── AlreadyThere
    │   ├── TooMany
    │   ├── OutOfRange
    │   ├── UnsupportedLanguage
    │   ├── NotAChoice
    │   ├── NotReady
    │   ├── EqualWeights
    │   ├── NotPromotable
    │   ├── NothingBefore
    │   ├── TooLittleToLearn
    │   ├── CannotTrain
    │   └── BadCredential
    ├── EngineError             the weights or the engine that runs them
    │   ├── WeightsMissing
    │   ├── WeightsDamaged
    │   ├── EngineBusy
    │   ├── WaitedTooLong
    │   ├── DeadlineExceeded
    │   ├── ArtefactUnfit
    │   ├── TrainingFailed
    │   │   └── TrainingDiverged
    │   └── EngineFailed
    │       ├── EngineUnreachable
    │       └── EngineUnfit
    ├── StoreError              the database
    │   ├── ChangedMeanwhile
    │   ├── DatabaseUnavailable
    │   │   ├── DatabaseDamaged
    │   │   ├── DiskFull
    │   │   └── PerhapsSaved    the connection broke before the word that all is saved
    │   ├── DatabaseInUse
    │   ├── KeysDiffer
    │   ├── DatabaseNotEmpty
    │   ├── BackupDamaged
    │   └── DatabaseOutdated
    ├── NotInvited              the survey, answered by somebody whom it does not ask
    ├── Forgotten               a visit that was forgotten on its visitor's wish
    ├── NoReceipt               a link to a receipt that leads nowhere
    │   └── ReceiptGone         it did once; what it led to was deleted
    ├── NotYours                an id that is unknown, or belongs to another visitor
    ├── NotAllowed              a founder's or reviewer's matter, asked for by somebody else
    │   ├── LoginRefused
    │   │   └── LoginDelayed
    │   └── LastFounder
    ├── AlreadyReviewed         somebody else gave a verdict first, or it is too late to take one back
    ├── Stopped                 the visitor, or the end of the visit, stopped the work
    │   └── LeftAlone           nobody was there any more to read the answer
    ├── FileTrouble             a file or folder of this machine that cannot be written or read
    └── SettingsError           the environment asks for something impossible

Foreign exceptions are caught where they arise and raised `from` as one of these. Pages catch `HearbackError` and
show `str(error)`; anything else is a bug and stays loud.
"""

from __future__ import annotations

from typing import ClassVar

# A sentence that repeats what was sent, a file's name of ten megabytes for one, is no sentence any more.
FACT_CHARACTERS = 1_000


def _short(fact: object) -> object:
    return f"{fact[:FACT_CHARACTERS]}…" if isinstance(fact, str) and len(fact) > FACT_CHARACTERS else fact


class HearbackError(Exception):
    """Base of all; `str(error)` is the sentence to show, `error.facts` what it was filled with."""

    sentence: ClassVar[str] = "Something went wrong. Nothing you typed is lost; please try again."

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.sentence.format(**{name: _short(fact) for name, fact in facts.items()}))


class InputError(HearbackError):
    """What was sent cannot be used."""


class EmptyInput(InputError):
    """No letters, digits or pictures at all. Facts: what."""

    sentence = "There is no {what} to work on yet. Type or paste some text first."


class NotText(InputError):
    """A number, a list or nothing where a text is wanted, as a program may send it. Facts: what."""

    sentence = "This {what} is not a text. Send it as letters."


class InputTooLong(InputError):
    """Beyond a limit of `core.limits`. Facts: what, length, limit, unit."""

    sentence = "This {what} has {length:,} {unit}; the limit is {limit:,}. Shorten it, or send it in parts."


class UnreadableFile(InputError):
    """The right kind by name, but its content cannot be read. Facts: name, why."""

    sentence = "{name} could not be read: {why}. Save it again, or paste its text instead."


class UnsupportedFile(InputError):
    """A kind that is not taken. Facts: name, kinds."""

    sentence = "{name} is not a kind of file that can be read here. Use one of: {kinds}."


class TooManyRows(InputError):
    """Facts: rows, limit."""

    sentence = "This table has more than {limit:,} rows ({rows:,} read so far). Split it and send the parts."


class MissingColumn(InputError):
    """Facts: column, columns."""

    sentence = "There is no column named {column}. The table has: {columns}."


class OutOfRange(InputError):
    """A number that cannot be. Facts: what, value, low, high."""

    sentence = "{what} cannot be {value}: choose from {low} to {high}."


class AlreadyThere(InputError):
    """A name that is taken. Facts: what, name."""

    sentence = "There is already a {what} named {name}. Choose another name."


class TooMany(InputError):
    """Facts: what, limit."""

    sentence = "There can be {limit:,} {what} at most. Remove one first."


class UnsupportedLanguage(InputError):
    """Facts: language, languages."""

    sentence = "{language} is not among the languages that these weights serve: {languages}."


class BadCredential(InputError):
    """A name or a password that cannot be used. Facts: why."""

    sentence = "This cannot be used: {why}"


class NotReady(InputError):
    """A draft that is not fit to be published. Facts: why."""

    sentence = "This cannot be published yet: {why}"


class TooLittleToLearn(InputError):
    """A dataset from which nothing could be learned that holds. Facts: why."""

    sentence = "There is not enough to learn from yet: {why}"


class CannotTrain(InputError):
    """Rows, or a way of training, that do not go together. Facts: why."""

    sentence = "This cannot be trained: {why}"


class NotPromotable(InputError):
    """A head or adapter that may not come to serve. Facts: name, why."""

    sentence = "{name} cannot be promoted: {why}"


class NothingBefore(InputError):
    """A roll-back with nothing to go back to. Facts: task."""

    sentence = "The weights that ship answer {task} already, so there is nothing to roll back."


class EqualWeights(InputError):
    """Two systems with one fingerprint: whatever differed between their answers would be chance. Facts: one, other."""

    sentence = "{one} and {other} are the same weights, so there is nothing to compare. Train a new candidate first."


class NotAChoice(InputError):
    """Something is missing that is chosen from a list, or it is not on the list. Facts: choices."""

    sentence = "Choose one of these: {choices}."


class EngineError(HearbackError):
    """The weights, or the engine that runs them."""


class WeightsMissing(EngineError):
    """A weights file is not on this machine. Facts: name, how."""

    sentence = "The weights {name} are not on this machine. {how}"


class WeightsDamaged(EngineError):
    """A weights file does not have the size or SHA-256 that the catalog states. Facts: name, why."""

    sentence = "The weights {name} are damaged ({why}), so they were not loaded. Install them again."


class EngineBusy(EngineError):
    """The queue is full. Facts: seconds, the expected wait."""

    sentence = "All places are taken right now. Try again in about {seconds:.0f} seconds; your text is kept."


class WaitedTooLong(EngineError):
    """A request whose turn did not come in time. Facts: seconds, how long it waited."""

    sentence = (
        "Nobody could take this within {seconds:.0f} seconds, so it was let go. Your text is kept; please ask again."
    )


class DeadlineExceeded(EngineError):
    """Facts: seconds."""

    sentence = "This took longer than {seconds:.0f} seconds and was ended. Try a shorter text; yours is kept."


class ArtefactUnfit(EngineError):
    """A trained head or adapter that must not serve. Facts: name, why."""

    sentence = "{name} is not fit to serve ({why}), so it was not loaded. What served before goes on serving."


class TrainingFailed(EngineError):
    """A run that ended before its time. Facts: why."""

    sentence = "The training ended early: {why}"


class TrainingDiverged(TrainingFailed):
    """The loss or a gradient is no number any more. Facts: step."""

    sentence = (
        "The training ended early: at step {step} its loss was no number any more. Nothing that serves was changed; "
        "choose a lower learning rate, or look at the rows."
    )


class EngineFailed(EngineError):
    """The engine gave an error of its own. Facts: name."""

    sentence = "The engine {name} could not finish this. Your text is kept; please try again."


class EngineUnreachable(EngineFailed):
    """An engine on another machine that does not answer now. Facts: name, why."""

    sentence = "The engine {name} does not answer now ({why}). Your text is kept; please try again in a moment."


class EngineUnfit(EngineFailed):
    """An engine that answers, but not what the settings expect of it. Facts: name, why."""

    sentence = "The engine {name} cannot serve this: {why}"


class StoreError(HearbackError):
    """The database."""


class ChangedMeanwhile(StoreError):
    """Somebody else changed what was about to be overwritten. Facts: what, who."""

    sentence = "{what} was changed by {who} meanwhile. Nothing is lost: look at both versions, then choose."


class DatabaseUnavailable(StoreError):
    """The database does not answer. Facts: doing."""

    sentence = "The database did not answer while {doing}. Nothing was changed; please try again in a moment."


class DatabaseDamaged(DatabaseUnavailable):
    """The file of the database is torn, or none. Facts: doing."""

    sentence = (
        "The database's file is damaged, as was found while {doing}. Nothing was changed. Keep the file, and bring the "
        "last backup back with python -m core restore."
    )


class DiskFull(DatabaseUnavailable):
    """The disk takes no more. Facts: doing."""

    sentence = (
        "The disk takes no more, as was found while {doing}. Nothing was changed, and what you typed is still here; "
        "please try again when there is room."
    )


class PerhapsSaved(DatabaseUnavailable):
    """The connection broke after "commit" was said and before the answer. Facts: doing."""

    sentence = (
        "The connection to the database broke while {doing}, so it may be saved or not. Please do it once more when "
        "the database is back: it is never saved twice."
    )


class DatabaseNotEmpty(StoreError):
    """A copy or a backup is to go where somebody's work is."""

    sentence = "This database is in use already, and nothing was changed. Name an empty one, or say --replace."


class BackupDamaged(StoreError):
    """A file that is no backup, or no longer a whole one. Facts: name, why."""

    sentence = "{name} cannot be restored: {why}. Nothing was changed."


class DatabaseInUse(StoreError):
    """A second server on one SQLite file. Facts: file."""

    sentence = (
        "Another Hearback serves from {file} already, and SQLite takes one at a time. End that one, or give each "
        "of them the same PostgreSQL as HEARBACK_DATABASE_URL: postgresql://user:password@host/something."
    )


class KeysDiffer(StoreError):
    """A server whose key is not that of the others on its database."""

    sentence = (
        "Other servers on this database have another key, so a form or a link of theirs would not hold here. Give all "
        "of them the same one: HEARBACK_KEY_FILE with a copy of the first server's door.key, or HEARBACK_KEY."
    )


class DatabaseOutdated(StoreError):
    """The schema is not the one that this version of the code needs. Facts: found, needed."""

    sentence = "The database has schema {found}, this version needs {needed}. Run: python -m core migrate"


class NotInvited(HearbackError):
    """The survey, answered by somebody whom its rule does not ask. Facts: uses."""

    sentence = "The survey asks people who have used Hearback at least {uses} times. It will ask you then."


class NotYours(HearbackError):
    """An id that is unknown, or that belongs to somebody else: both look the same from outside. Facts: what."""

    sentence = "There is no such {what} in this visit."


class Forgotten(HearbackError):
    """A visit that was forgotten on its visitor's wish, still open in another window."""

    sentence = "This visit was forgotten, as you wished. Reload the page to begin a new one."


class NoReceipt(HearbackError):
    """A link to a receipt that was never given out."""

    sentence = "This link leads to no correction. Check that it was copied whole."


class ReceiptGone(NoReceipt):
    """A link whose correction is gone with its visitor."""

    sentence = "This correction is gone: whoever wrote it wished to be forgotten, and everything of theirs was deleted."


class NotAllowed(HearbackError):
    """A founder's or reviewer's matter, asked for by somebody who is not logged in as one. Facts: role."""

    sentence = "This is open to a {role} only. Log in as one, and it is yours."


class LoginRefused(NotAllowed):
    """A login that did not work. Facts: why."""

    sentence = "You are not logged in: {why}"


class LoginDelayed(LoginRefused):
    """Too many wrong tries before this one, which was not looked at. Facts: seconds."""

    sentence = "There were several wrong tries. Wait {seconds:,} seconds, then try again."


class LastFounder(NotAllowed):
    """Without a founder nobody could let anybody in. Facts: name."""

    sentence = "{name} is the last founder. Make somebody else a founder first."


class AlreadyReviewed(HearbackError):
    """Somebody else gave a verdict first, or a verdict cannot be taken back any more. Facts: what."""

    sentence = "{what} Nothing was changed."


class Stopped(HearbackError):
    """The work was stopped before its end, on request."""

    sentence = "Stopped. What was finished so far is kept."


class LeftAlone(Stopped):
    """The work was stopped because its visitor's pages had all been closed."""

    sentence = (
        "Stopped, because this page was closed meanwhile. What was finished so far is kept; ask again for the rest."
    )


class FileTrouble(HearbackError):
    """A full disk, a folder that may not be written. Facts: why."""

    sentence = "A file could not be written or read ({why}). Nothing was changed."


class SettingsError(HearbackError):
    """Facts: name, value, why."""

    sentence = "{name}={value!r} cannot be used: {why}"
