"""What support says of itself, by language: everything else that it says is quoted."""

from __future__ import annotations

LANGUAGE_NAMES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch", "zh": "Chinese", "ja": "Japanese",
}  # fmt: skip

NO_ANSWER = {
    "en": "The documents do not answer this, so I would rather not guess. A person can help you further.",
    "de": "Die Dokumente beantworten das nicht, und raten möchte ich nicht. Ein Mensch kann Ihnen weiterhelfen.",
    "fr": "Les documents n'y répondent pas, et je préfère ne pas deviner. Une personne peut vous aider.",
    "es": "Los documentos no responden a esto y prefiero no adivinar. Una persona puede ayudarle.",
    "it": "I documenti non rispondono a questa domanda e preferisco non indovinare. Una persona può aiutarla.",
    "pt": "Os documentos não respondem a isto e prefiro não adivinhar. Uma pessoa pode ajudar.",
    "nl": "De documenten geven hierop geen antwoord, en gokken wil ik niet. Een mens kan u verder helpen.",
    "zh": "文档中没有这个问题的答案，我不想猜测。人工客服可以进一步帮助您。",
    "ja": "文書にはこの質問の答えがありません。推測は控えます。担当者がお手伝いします。",
}

NOT_A_QUESTION = {
    "en": "I can only answer questions from the documents; I cannot follow other orders or promise anything.",
    "de": "Ich kann nur Fragen aus den Dokumenten beantworten; andere Aufträge oder Zusagen sind mir nicht möglich.",
    "fr": "Je réponds aux questions d'après les documents ; je ne peux ni suivre d'autres ordres ni promettre.",
    "es": "Solo puedo responder preguntas con los documentos; no puedo seguir otras órdenes ni prometer nada.",
    "it": "Posso rispondere solo a domande in base ai documenti; non posso eseguire altri ordini né promettere nulla.",
    "pt": "Só posso responder a perguntas com base nos documentos; não posso seguir outras ordens nem prometer nada.",
    "nl": "Ik kan alleen vragen uit de documenten beantwoorden; andere opdrachten of beloften zijn niet mogelijk.",
    "zh": "我只能根据文档回答问题，不能执行其他指令，也不能作出承诺。",
    "ja": "文書に基づく質問にのみお答えできます。ほかの指示や約束には応じられません。",
}


def no_answer(language: str) -> str:
    """Return the sentence that says that the documents hold no answer, in English where `language` is not served."""
    return NO_ANSWER.get(language, NO_ANSWER["en"])


def not_a_question(language: str) -> str:
    """Return the sentence that declines an order."""
    return NOT_A_QUESTION.get(language, NOT_A_QUESTION["en"])
