"""Whether an artefact may serve: what the gate says of it today, and what no reason may overrule."""

from __future__ import annotations

from core.engines import artefacts as files
from core.errors import NotPromotable
from core.house import House
from core.learning.judging import is_whole, judge
from core.learning.thresholds import Thresholds
from core.loop import Artefact, ArtefactState
from core.store import artefacts, evaluations
from core.store.artefacts import ROLLED_BACK_ALONE


def check_gate(house: House, artefact: Artefact, evaluation_id: str) -> None:
    """Raise NotPromotable unless the gate lets it pass, now."""

    def refuse(why: str) -> NotPromotable:
        return NotPromotable(name=artefact.name, why=why)

    check_fit(house, artefact)
    latest = evaluations.latest(house.database, artefact.artefact_id)
    if latest is None:
        raise refuse("it was not compared with what serves yet.")
    if latest.evaluation_id != evaluation_id:
        raise refuse("it was compared anew since. Look at that comparison.")
    serving = artefacts.live_for(artefacts.live(house.database), artefact)
    live_id = serving.artefact_id if serving else ""
    if latest.live_id != live_id:
        raise refuse("something else serves since it was compared. Compare again.")
    is_promotable, sentence = latest.is_promotable, str(latest.verdict.get("sentence", ""))
    if is_whole(latest):  # by today's thresholds, and without the items of those who have left
        items = evaluations.items(house.database, latest.evaluation_id)
        thresholds = Thresholds.of(evaluations.thresholds(house.database))
        verdict = judge(latest, items, artefact, live_id, thresholds)
        is_promotable, sentence = verdict.is_promotable, verdict.sentence
    if not is_promotable:
        raise refuse(sentence or "the gate says no.")
    away = [one for one in artefacts.switches(house.database, artefact.task) if one.kind == ROLLED_BACK_ALONE]
    if taken := next((one for one in away if one.before_id == artefact.artefact_id), None):
        raise refuse(f"it was taken back by itself on {taken.at:%d %B %Y}. {taken.reason}")


def check_fit(house: House, artefact: Artefact) -> None:
    """Raise NotPromotable for what no reason may let serve."""
    live = artefacts.live(house.database).get((artefact.task, artefact.segment))
    whys = {
        "it learned from the sample company, which is here to be looked at.": artefact.is_sample,
        "it was withdrawn.": artefact.state is ArtefactState.WITHDRAWN,
        f"it must be trained anew first. {artefact.flag}": bool(artefact.flag),
        "it serves already.": live is not None and live.artefact_id == artefact.artefact_id,
        "it was trained on other weights than those that answer here.": artefact.base_sha256
        != files.base_of(house.settings, artefact.task).sha256,
    }
    for why, is_so in whys.items():
        if is_so:
            raise NotPromotable(name=artefact.name, why=why)
