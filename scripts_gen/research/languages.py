"""The few facts about languages that finding points needs.

A language without an entry is read with `OTHER`: sentences still end where their signs say, but
nothing is known about its abbreviations and pronouns.
"""

import unicodedata
from dataclasses import dataclass

# Vowel signs and accents that stand behind their letter. `\w` of a pattern means none of them and
# would cut most words of Hindi in two.
_SIGNS = map(chr, range(0x300, 0x3100))
MARKS = "".join(sign for sign in _SIGNS if unicodedata.category(sign) in ("Mn", "Mc"))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split(",") if phrase.strip())


@dataclass(frozen=True)
class Language:
    """What makes a sentence end, count and stand alone. Everything is in lower case."""

    stop_words: frozenset[str] = frozenset()
    abbreviations: frozenset[str] = frozenset()  # without their last dot
    back_references: tuple[str, ...] = ()  # openings that lean on the sentence before
    pronouns: frozenset[str] = frozenset()  # stand for something named earlier
    first_person: frozenset[str] = frozenset()
    before_ordinal: frozenset[str] = frozenset()  # "am 3. Mai": the dot is no end
    conjunction: str = ""  # before the last item of a list


ENGLISH = Language(
    stop_words=_words(
        """a about above after again against all also am an and any are aren't as at be because
        been before being below between both but by can can't cannot could couldn't did didn't do
        does doesn't doing don't down during each even every few for from further get gets got had
        hadn't has hasn't have haven't having he her here hers him his how however i if in into is
        isn't it it's its itself just let let's like make makes many may me might more most much
        must my no nor not now of off often on once one only or other our ours out over own per
        same she should shouldn't so some still such than that that's the their theirs them then
        there there's these they they're this those through to too under until up us use very was
        wasn't way we were weren't what when where which while who whom why will with won't would
        wouldn't yet you you'll you're you've your yours"""
    ),
    abbreviations=_words(
        """mr mrs ms dr prof sr jr st mt vs etc e.g i.e eg ie cf al approx ca fig no nos vol pp p
        est min max inc ltd co corp dept gen col sgt capt lt rev hon jan feb mar apr jun jul aug
        sep sept oct nov dec mon tue wed thu fri sat sun oz lb lbs tbsp tsp ft a.m p.m am pm ph.d
        u.s u.k"""
    ),
    back_references=_phrases(
        """it, it's, its, this, that, that's, these, those, they, they're, their, he, she, his,
        her, him, them, however, but, and, or, nor, so, then, also, therefore, thus, hence,
        otherwise, instead, still, yet, besides, moreover, furthermore, additionally, similarly,
        likewise, consequently, meanwhile, such, both, neither, another, others, the other, the
        others, the latter, the former, the same, in addition, as a result, for example, for
        instance, on the other hand, in contrast, by contrast, in other words, of course, second,
        secondly, third, thirdly, finally, lastly, next, after that, afterwards, even so, that
        said, not only that, what's more, one of them, in that case, in this case, as such,
        because of this, because of that, due to this, which, even, the last, the first, the
        second, the third, the next, mine, here's why"""
    ),
    pronouns=_words("it they them he she him this these those"),
    first_person=_words(
        "i i'm i've i'd i'll me my mine we we're we've we'd we'll our ours us myself"
    ),
    conjunction="and",
)

GERMAN = Language(
    stop_words=_words(
        """aber als also am an auch auf aus bei bin bis da damit dann das dass dein deine dem den
        der des dich die dies diese dieser dieses dir doch du durch ein eine einem einen einer
        eines er es etwas euch für gegen hab habe haben hat hatte hier ich ihm ihn ihr ihre im in
        ist ja jede jeder jedes kann kein keine können man mehr mein meine mich mir mit muss
        müssen nach nicht noch nun nur ob oder ohne sehr sein seine sich sie sind so soll sollte
        um und uns unser unter viel vom von vor war was weil wenn wer werden wie wieder wir wird
        wo zu zum zur über"""
    ),
    abbreviations=_words(
        """z b d h u a bzw ca dr prof hr fr nr str usw evtl ggf inkl max min mind vgl bspw sog abs
        art etc st tel jan feb mär apr jun jul aug sep sept okt nov dez mio mrd el tl std s o"""
    ),
    back_references=_phrases(
        """es, sie, er, das, dies, diese, dieser, dieses, diesen, diesem, ihn, ihm, ihnen, aber,
        und, oder, also, dann, danach, deshalb, deswegen, daher, darum, dadurch, dafür, dagegen,
        damit, dabei, davon, jedoch, trotzdem, außerdem, zudem, ebenso, stattdessen, sonst, zum
        beispiel, schließlich, zweitens, drittens, beide, solche, denn, doch, so, dennoch,
        hingegen, somit, folglich, auch"""
    ),
    pronouns=_words("es ihn ihm ihnen diese dieser dieses"),
    first_person=_words("ich mich mir mein meine meinen meinem meiner wir uns unser unsere"),
    before_ordinal=_words("am der die das den dem des zum vom ab bis seit im jeden jeder"),
    conjunction="und",
)

FRENCH = Language(
    stop_words=_words(
        """à ai alors après au aussi autre aux avant avec avoir c ce cela ces cet cette chaque
        comme d dans de des deux dit donc du elle elles en encore entre est et être eu fait faire
        font il ils j je jusqu l la le les leur leurs lui m ma mais me même mes moi mon n ne nos
        notre nous on ont ou où par parce
        pas peu peut plus pour qu quand que qui s sa sans se ses si
        son sont sous sur t ta te tes toi ton tous tout toute très tu un une vos votre vous y"""
    ),
    abbreviations=_words(
        "m mm mme mlle dr pr st ste p ex etc cf env art no vol av janv févr juil sept oct déc"
    ),
    back_references=_phrases(
        """il, elle, ils, elles, ce, c'est, cela, ça, cette, cet, ces, celui-ci, celle-ci, mais,
        et, ou, donc, alors, puis, ensuite, enfin, pourtant, cependant, toutefois, aussi, ainsi,
        de plus, par exemple, par contre, en revanche, sinon, d'ailleurs, du coup, après cela,
        deuxièmement, troisièmement, au contraire, car"""
    ),
    pronouns=_words("cela ça celui-ci celle-ci"),
    first_person=_words("je j moi mon ma mes nous notre nos me m"),
    conjunction="et",
)

SPANISH = Language(
    stop_words=_words(
        """a al algo antes aunque como con cual cuando cada de del desde donde dos el ella ellas
        ellos en entre era es esa ese eso esta este esto está están fue ha hace hacer han hasta
        hay la las le les lo los más me mi mis mucho muy nada ni no nos nosotros o otra otro para
        pero poco por porque puede que qué quien se ser si sin sobre son su sus también tan te
        tiene todo todos tu tus un una uno y ya yo"""
    ),
    abbreviations=_words("sr sra srta dr dra prof ud uds etc pág p ej núm aprox máx mín av ee uu"),
    back_references=_phrases(
        """esto, eso, este, esta, estos, estas, ese, esa, esos, esas, él, ella, ellos, ellas,
        pero, y, o, entonces, luego, después, además, también, sin embargo, por eso, por lo tanto,
        así, en cambio, por ejemplo, por último, finalmente, aun así, no obstante, de lo
        contrario, segundo, tercero, ambos, ambas"""
    ),
    pronouns=_words("esto eso"),
    first_person=_words(
        "yo mi mis me nosotros nosotras nuestro nuestra nuestros nuestras nos conmigo"
    ),
    conjunction="y",
)

ITALIAN = Language(
    stop_words=_words(
        """a ad ai al alla alle anche c che chi ci come con cosa così da dai dal dalla dei del
        della delle di dopo dove e è ed era essere fa fare gli ha hai hanno ho i il in io l la le
        lo loro lui ma me mi mia mio molto ne nei nel nella no noi non o ogni per perché però più
        poi può qual quando quanto quella quello questa questo qui se sei si sia solo sono su sua
        suo sul tra tu tua tuo tutto un una uno va vi voi"""
    ),
    abbreviations=_words("sig sigg dott prof ecc es pag ca n art p"),
    back_references=_phrases(
        """questo, questa, questi, queste, quello, quella, esso, essa, essi, lui, lei, loro, ma,
        e, o, quindi, poi, allora, inoltre, però, tuttavia, anche, così, per esempio, ad esempio,
        invece, infine, altrimenti, perciò, per questo, secondo, terzo, entrambi, dopo"""
    ),
    pronouns=_words("esso essa essi"),
    first_person=_words("io mi me mio mia miei mie noi ci nostro nostra nostri nostre"),
    conjunction="e",
)

PORTUGUESE = Language(
    stop_words=_words(
        """a ao aos as até cada com como da das de dela dele deles depois do dos e é ela elas ele
        eles em entre era essa esse esta está este eu faz fazer foi há isso isto já lhe mais mas
        me mesmo meu minha muito na não nas nem no nos nossa nosso num numa o os ou para pela pelo
        pode por porque qual quando que quem se sem ser seu seus são só sua suas também te tem ter
        tu um uma você vocês"""
    ),
    abbreviations=_words("sr sra dr dra prof etc pág p ex núm aprox máx mín av"),
    back_references=_phrases(
        """isso, isto, este, esta, estes, estas, esse, essa, esses, essas, ele, ela, eles, elas,
        mas, e, ou, então, depois, além disso, também, no entanto, porém, por isso, portanto,
        assim, por exemplo, em vez disso, por fim, finalmente, senão, segundo, terceiro, ambos,
        ambas"""
    ),
    pronouns=_words("isso isto ele ela eles elas"),
    first_person=_words("eu me meu minha meus minhas nós nosso nossa nossos nossas"),
    conjunction="e",
)

DUTCH = Language(
    stop_words=_words(
        """aan al als bij dan dat de deze die dit doe doen door dus een en er geen had heb hebben
        heeft het hier hij hoe hun ik in is ja je jij jouw jullie kan kun maar me meer men met mij
        mijn moet na naar niet niets nog nu of om omdat ons onze ook op over te tegen toch toen
        tot u uit uw van veel voor want waren was wat we wel werd wie wij wil worden wordt zal ze
        zich zij zijn zo zonder zou"""
    ),
    abbreviations=_words(
        "bijv bv dhr mevr dr prof enz ca nr max min d.w.z o.a m.b.v i.p.v etc st z.g"
    ),
    back_references=_phrases(
        """het, hij, zij, ze, dit, dat, deze, die, maar, en, of, dus, dan, daarna, daarom,
        daardoor, ook, echter, toch, bovendien, bijvoorbeeld, anders, daarentegen, tenslotte, ten
        slotte, vervolgens, ten tweede, ten derde, beide, want, hierdoor"""
    ),
    pronouns=_words("hem hen dit deze"),
    first_person=_words("ik mij mijn we wij ons onze"),
    conjunction="en",
)

OTHER = Language()

LANGUAGES: dict[str, Language] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "pt": PORTUGUESE,
    "nl": DUTCH,
}


def language(tag: str) -> Language:
    """What is known about the language of a BCP 47 tag: "en-GB" is read as "en"."""
    return LANGUAGES.get(base(tag), OTHER)


def base(tag: str) -> str:
    return tag.replace("_", "-").split("-")[0].lower()
