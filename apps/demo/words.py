"""What people write: openings, matters and endings that fit together, in five languages and three moods.

A text is built from one matter (which decides the touchpoint) and a mood; the parts are whole sentences, so that every
combination reads like something a customer would type.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

GOOD, MIXED, BAD = "good", "mixed", "bad"
LANGUAGES = (("de", 58), ("en", 20), ("tr", 8), ("fr", 8), ("pl", 6))


@dataclass(frozen=True)
class Matter:
    """A thing people talk about: the touchpoint it happens at, and sentences by (mood, language)."""

    key: str
    touchpoint: str
    sentences: dict[tuple[str, str], list[str]]


MATTERS = [
    Matter("waiting", "get-help-ask-store", {
        (BAD, "de"): ["Ich habe 40 Minuten gewartet und niemand hat mich angesprochen.", "Drei Leute standen herum, bedient wurde keiner."],
        (BAD, "en"): ["I waited 40 minutes and nobody helped.", "Two people behind the counter and a queue out of the door."],
        (BAD, "tr"): ["40 dakika bekledim, kimse ilgilenmedi.", "Sıra hiç ilerlemedi."],
        (BAD, "fr"): ["J’ai attendu quarante minutes sans que personne ne s’occupe de moi.", "Une seule caisse ouverte un samedi."],
        (BAD, "pl"): ["Czekałam 40 minut i nikt nie podszedł.", "Kolejka stała w miejscu."],
        (MIXED, "de"): ["Die Beratung war gut, die Wartezeit nicht."], (MIXED, "en"): ["Good advice once I got to the counter, but the wait was long."],
        (GOOD, "de"): ["Sofort drangekommen, sehr freundlich.", "Mit der Nummer konnte ich in Ruhe schauen."],
        (GOOD, "en"): ["Straight to the counter, lovely service.", "The numbered tickets make it so much calmer."],
        (GOOD, "tr"): ["Hemen ilgilendiler, teşekkürler."], (GOOD, "fr"): ["Pris en charge tout de suite, merci."], (GOOD, "pl"): ["Obsługa od razu, bardzo miło."],
    }),
    Matter("bill", "use-pay-email", {
        (BAD, "de"): ["Die Rechnung versteht kein Mensch.", "Auf der Rechnung stehen 14,90 € für etwas, das ich nie bestellt habe."],
        (BAD, "en"): ["My bill went up and nobody told me why.", "I was charged twice and the chat closed on me."],
        (BAD, "tr"): ["Faturayı anlayamıyorum, sormadan eklenen 14,90 € var."], (BAD, "fr"): ["Facture incompréhensible, 14,90 € sans explication."],
        (BAD, "pl"): ["Rachunek jest niezrozumiały, naliczono mi 14,90 € bez powodu."],
        (MIXED, "de"): ["Der Fehler auf der Rechnung wurde korrigiert, aber erst nach zwei Anrufen."], (MIXED, "en"): ["The refund came in the end, after three calls."],
        (GOOD, "de"): ["Endlich eine Rechnung auf einer Seite.", "Die neue Rechnung versteht sogar mein Vater."], (GOOD, "en"): ["The new bill is one page and I understand it."],
    }),
    Matter("outage", "use-stay-connected-phone", {
        (BAD, "de"): ["Zwei Tage ohne Internet und keiner sagt, wann es wieder geht.", "Am Telefon hieß es dreimal etwas anderes."],
        (BAD, "en"): ["Two days without internet and three different answers.", "The line dropped twice and I had to explain everything again."],
        (BAD, "tr"): ["İki gündür internet yok, her arayışta başka cevap."], (BAD, "fr"): ["Deux jours sans internet et personne pour dire quand cela revient."],
        (BAD, "pl"): ["Dwa dni bez internetu, za każdym razem inna odpowiedź."],
        (MIXED, "de"): ["Die Störung war ärgerlich, die Nachricht dazu hat geholfen."], (MIXED, "en"): ["Annoying outage, but at least you texted."],
        (GOOD, "de"): ["Nach zehn Minuten wusste ich per SMS Bescheid, das ist stark."], (GOOD, "en"): ["Your text about the outage saved me a call. Well done!"],
    }),
    Matter("repeat", "get-help-solve-phone", {
        (BAD, "de"): ["Ich war jetzt das dritte Mal wegen derselben Sache da.", "Versprochen war ein Rückruf am Montag. Heute ist Donnerstag."],
        (BAD, "en"): ["Third visit for the same problem.", "You promised to call back on Monday. It is Thursday."],
        (BAD, "tr"): ["Aynı sorun için üçüncü gelişim."], (BAD, "fr"): ["Troisième visite pour le même problème."], (BAD, "pl"): ["Trzecia wizyta w tej samej sprawie."],
        (MIXED, "de"): ["Erst beim zweiten Mal gelöst, dann aber gründlich."], (MIXED, "en"): ["It took two visits, but now it works."],
        (GOOD, "de"): ["Beim ersten Mal erledigt, so soll es sein."], (GOOD, "en"): ["Sorted in one go. That is how it should be."],
        (GOOD, "tr"): ["İlk seferde çözüldü."], (GOOD, "fr"): ["Réglé du premier coup."], (GOOD, "pl"): ["Załatwione za pierwszym razem."],
    }),
    Matter("advice", "join-choose-store", {
        (BAD, "de"): ["Man wollte mir unbedingt einen größeren Vertrag verkaufen.", "Meine Frage war einfach, die Antwort war Werbung."],
        (BAD, "en"): ["I asked for help and got a sales pitch.", "They sold my mother a tablet she did not want."],
        (BAD, "fr"): ["On voulait surtout me vendre autre chose."], (BAD, "pl"): ["Chciałam pomocy, a usłyszałam ofertę."],
        (MIXED, "de"): ["Nett, aber etwas viel Verkauf."], (MIXED, "en"): ["Friendly, though a bit pushy."],
        (GOOD, "de"): ["Man hat mir den kleineren Vertrag empfohlen, weil er reicht. Danke!", "Geduldig erklärt, auch meiner Oma."],
        (GOOD, "en"): ["They recommended the cheaper plan because it was enough. Respect.", "So patient with my dad."],
        (GOOD, "tr"): ["Çok sabırlı anlattılar."], (GOOD, "fr"): ["Conseil honnête et patient."], (GOOD, "pl"): ["Uczciwa i cierpliwa rada."],
    }),
    Matter("moving", "use-move-house-phone", {
        (BAD, "de"): ["Umzug angemeldet, drei Wochen ohne Anschluss.", "Der Techniker kam nicht, niemand rief an."],
        (BAD, "en"): ["We moved and had no line for three weeks.", "The technician never came and nobody called."],
        (BAD, "tr"): ["Taşındık, üç hafta hat yoktu."], (BAD, "fr"): ["Déménagement : trois semaines sans ligne."], (BAD, "pl"): ["Po przeprowadzce trzy tygodnie bez internetu."],
        (MIXED, "de"): ["Der Umzug hat geklappt, der Termin wurde aber zweimal verschoben."], (MIXED, "en"): ["The move worked, after two new dates."],
        (GOOD, "de"): ["Umzug gemeldet, am selben Tag Internet. Perfekt."], (GOOD, "en"): ["Moved on Friday, online on Friday. Perfect."],
    }),
]  # fmt: skip

ENDINGS = {
    (BAD, "de"): ["Ich überlege zu kündigen.", "Bitte rufen Sie mich an.", "So verliert man Kunden.", ""],
    (BAD, "en"): ["I am thinking of leaving.", "Please call me.", "This is how you lose customers.", ""],
    (BAD, "tr"): ["Lütfen beni arayın.", ""], (BAD, "fr"): ["Rappelez-moi, s’il vous plaît.", ""], (BAD, "pl"): ["Proszę o telefon.", ""],
    (GOOD, "de"): ["Weiter so!", "Empfehle ich gern weiter.", ""], (GOOD, "en"): ["Keep it up!", "Will recommend.", ""],
}  # fmt: skip
WISHES = {
    "de": ["Ein Rückruf bis heute Abend und 20 € Gutschrift.", "Dass jemand den Fehler wirklich behebt.", "Einen festen Ansprechpartner."],
    "en": ["A call today and 20 € back.", "That somebody really fixes it.", "One person who stays with it."],
    "tr": ["Bugün aranmak istiyorum."], "fr": ["Être rappelé aujourd’hui."], "pl": ["Telefon jeszcze dziś."],
}  # fmt: skip

FIRST = ["Anna", "Ben", "Clara", "David", "Elif", "Fatma", "Georg", "Hanna", "Ilse", "Jan", "Katarzyna", "Lena", "Mehmet", "Nina",
         "Oskar", "Paula", "Rolf", "Sofia", "Tim", "Ute", "Viktor", "Wanda", "Yusuf", "Zoe", "Émilie", "Jürgen", "Aylin", "Marek"]  # fmt: skip
LAST = ["Ackermann", "Bauer", "Çelik", "Dietrich", "Engel", "Fischer", "Großmann", "Hoffmann", "Ivanova", "Jansen", "Kowalski",
        "Lehmann", "Müller", "Neumann", "Öztürk", "Petit", "Quast", "Richter", "Schäfer", "Tanaka", "Ulrich", "Vogel", "Weiß", "Yılmaz",
        "Zimmermann", "Nowak", "Moreau", "Brandt"]  # fmt: skip


def mood_of(score_norm: float | None, chance: random.Random) -> str:
    """The mood that fits a score on 0–1."""
    if score_norm is None:
        return BAD
    if score_norm <= 0.45:
        return BAD
    return MIXED if score_norm <= 0.72 and chance.random() < 0.6 else GOOD


def language_of(chance: random.Random) -> str:
    """A language as common as among the customers."""
    return chance.choices([code for code, _weight in LANGUAGES], [weight for _code, weight in LANGUAGES])[0]


def text(matter: Matter, mood: str, language: str, chance: random.Random) -> tuple[str, str]:
    """(words, language): in the wanted language if this matter has words in it, else in German."""
    for code in (language, "de", "en"):
        if (mood, code) in matter.sentences:
            first = chance.choice(matter.sentences[(mood, code)])
            ending = chance.choice(ENDINGS.get((mood, code), [""]))
            return f"{first} {ending}".strip(), code
    return text(matter, GOOD, language, chance)
