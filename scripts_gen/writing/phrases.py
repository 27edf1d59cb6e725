"""Words between the creator's words: they carry the voice along and claim nothing.

A language that is not here gets none: better a plain script than one that changes its language.
"""

import re
from dataclasses import dataclass

from scripts_gen.research.languages import base


@dataclass(frozen=True)
class Phrases:
    """title_question takes the title of a note that is an indirect question ("Why dough rises"),
    topic any title.
    """

    question_words: str = ""
    title_question: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    onward: tuple[str, ...] = ()  # before a thought that does not follow from the last one
    calm_onward: tuple[str, ...] = ()  # the same for a serious tone
    first: str = ""
    then: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()  # a neutral end
    striking: str = ""  # words of sentences that make people stop
    source: str = ""


PHRASES = {
    "en": Phrases(
        question_words="why how what when where who which whether",
        title_question=("Ever wondered {}?", "Do you know {}?", "Have you asked yourself {}?"),
        topic=("Let's talk about {}.", "A quick word about {}.", "Today: {}."),
        onward=("And another thing.", "Here's one more thing.", "And there's more."),
        calm_onward=("One more point.", "There is another side to it."),
        first="First,",
        then=("Then", "After that,", "Next,"),
        questions=(
            "How do you do it? Tell me in the comments.",
            "What would you add? Tell me in the comments.",
            "Which part is new to you?",
            "What do you think?",
        ),
        striking="""but not never nobody instead mistake mistakes wrong myth myths most only
        without stop actually really truth secret worst best nothing why surprising surprised hate
        forget lie free twice""",
        source="Source",
    ),
    "de": Phrases(
        question_words="warum wie was wann wo wer welche welcher welches ob wieso weshalb womit",
        title_question=("Weißt du, {}?", "Hast du dich schon mal gefragt, {}?"),
        topic=("Reden wir über {}.", "Heute: {}."),
        onward=("Und noch etwas.", "Noch eine Sache."),
        calm_onward=("Ein weiterer Punkt.",),
        first="Zuerst:",
        then=("Dann:", "Danach:", "Als Nächstes:"),
        questions=(
            "Wie machst du das? Schreib es in die Kommentare.",
            "Was würdest du ergänzen?",
            "Was davon ist neu für dich?",
        ),
        striking="""aber nicht nie niemals niemand statt fehler falsch mythos meisten nur ohne
        stopp wirklich wahrheit geheimnis schlimmste beste nichts überraschend vergiss doppelt""",
        source="Quelle",
    ),
    "fr": Phrases(
        question_words="pourquoi comment quand où qui quel quelle quels quelles combien si",
        title_question=("Tu sais {} ?", "Tu t'es déjà demandé {} ?"),
        topic=("Parlons de ceci : {}.", "Aujourd'hui : {}."),
        onward=("Et encore une chose.", "Autre chose."),
        calm_onward=("Un autre point.",),
        first="D'abord :",
        then=("Ensuite :", "Puis :", "Après ça :"),
        questions=(
            "Et toi, comment tu fais ? Dis-le en commentaire.",
            "Qu'est-ce que tu ajouterais ?",
            "Qu'est-ce que tu en penses ?",
        ),
        striking="""mais pas jamais personne erreur erreurs faux mythe plupart seulement sans
        arrête vraiment vérité secret pire meilleur rien surprenant oublie""",
        source="Source",
    ),
    "es": Phrases(
        question_words="por qué cómo qué cuándo dónde quién cuál cuáles cuánto",
        title_question=("¿Sabes {}?", "¿Te has preguntado {}?"),
        topic=("Hablemos de esto: {}.", "Hoy: {}."),
        onward=("Y otra cosa.", "Una cosa más."),
        calm_onward=("Otro punto.",),
        first="Primero:",
        then=("Luego:", "Después:", "A continuación:"),
        questions=(
            "¿Y tú, cómo lo haces? Cuéntamelo en los comentarios.",
            "¿Qué añadirías?",
            "¿Qué opinas?",
        ),
        striking="""pero no nunca nadie error errores falso mito mayoría solo sin deja verdad
        secreto peor mejor nada sorprendente olvida""",
        source="Fuente",
    ),
    "it": Phrases(
        question_words="perché come cosa quando dove chi quale quali quanto",
        title_question=("Sai {}?", "Ti sei mai chiesto {}?"),
        topic=("Parliamo di questo: {}.", "Oggi: {}."),
        onward=("E un'altra cosa.", "Ancora una cosa."),
        calm_onward=("Un altro punto.",),
        first="Prima:",
        then=("Poi:", "Dopo:", "E poi:"),
        questions=(
            "E tu, come fai? Scrivilo nei commenti.",
            "Che cosa aggiungeresti?",
            "Che ne pensi?",
        ),
        striking="""ma non mai nessuno errore errori sbagliato falso mito maggior solo senza
        smetti verità segreto peggiore migliore niente sorprendente dimentica""",
        source="Fonte",
    ),
    "pt": Phrases(
        question_words="por que como o que quando onde quem qual quais quanto",
        title_question=("Sabes {}?", "Já te perguntaste {}?"),
        topic=("Vamos falar disto: {}.", "Hoje: {}."),
        onward=("E mais uma coisa.", "Outra coisa."),
        calm_onward=("Outro ponto.",),
        first="Primeiro:",
        then=("Depois:", "Em seguida:", "A seguir:"),
        questions=(
            "E tu, como fazes? Conta nos comentários.",
            "O que acrescentarias?",
            "O que achas?",
        ),
        striking="""mas não nunca ninguém erro erros errado falso mito maioria só sem para verdade
        segredo pior melhor nada surpreendente esquece""",
        source="Fonte",
    ),
    "nl": Phrases(
        question_words="waarom hoe wat wanneer waar wie welke of",
        title_question=("Weet je {}?", "Heb je je weleens afgevraagd {}?"),
        topic=("Laten we het hebben over {}.", "Vandaag: {}."),
        onward=("En nog iets.", "Nog één ding."),
        calm_onward=("Nog een punt.",),
        first="Eerst:",
        then=("Dan:", "Daarna:", "Vervolgens:"),
        questions=(
            "Hoe doe jij dat? Vertel het in de reacties.",
            "Wat zou jij toevoegen?",
            "Wat vind jij?",
        ),
        striking="""maar niet nooit niemand fout fouten verkeerd mythe meeste alleen zonder stop
        echt waarheid geheim slechtste beste niets verrassend vergeet""",
        source="Bron",
    ),
}

_SERIOUS = re.compile(
    r"\b(serious|formal|calm|professional|sober|ernst|sachlich|ruhig|formel|sérieux|calme|serio|formale)",
    re.I,
)


def phrases(language: str) -> Phrases:
    return PHRASES.get(base(language), Phrases())


def is_serious(tone: str) -> bool:
    return bool(_SERIOUS.search(tone))
