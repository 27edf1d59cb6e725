from scripts_gen.research import Source, choose_sources, find_points, match_pillar
from scripts_gen.research.points import Point, closure
from tests.scripts_gen.conftest import RISOTTO

BREAD = Source(1, "Why bread rises", "Yeast eats sugar. Yeast makes gas. The dough holds the gas.")
FUND = Source(2, "Emergency fund", "Save three months of rent. Keep the money at another bank.")


def test_points_know_the_note_they_are_from():
    points = find_points([BREAD, FUND], "bread", "en")
    assert {(point.note_id, point.text) for point in points} == {
        (1, "Yeast eats sugar."),
        (1, "Yeast makes gas."),
        (1, "The dough holds the gas."),
        (2, "Save three months of rent."),
        (2, "Keep the money at another bank."),
    }


def test_points_near_the_topic_score_higher():
    points = find_points(
        [Source(1, "Kitchen", "Salt slows yeast down. Cats sleep long.")], "yeast", "en"
    )
    by_text = {point.text: point.score for point in points}
    assert by_text["Salt slows yeast down."] > by_text["Cats sleep long."]


def test_the_same_said_twice_is_found_once():
    text = "Warm water wakes the yeast up quickly. The warm water wakes yeast up quickly!"
    assert len(find_points([Source(1, "Yeast", text)], "yeast", "en")) == 1


def test_what_was_said_before_is_left_out():
    points = find_points([BREAD], "bread", "en", used=["yeast makes gas"])
    assert "Yeast makes gas." not in [point.text for point in points]


def test_somebody_elses_i_is_never_the_creators():
    text = (
        "I bake every day. We've never failed. Flour keeps for a year. It's my secret recipe here."
    )
    theirs = find_points([Source(1, "Flour", text, own=False)], "flour", "en")
    assert [point.text for point in theirs] == ["Flour keeps for a year."]
    assert len(find_points([Source(1, "Flour", text)], "flour", "en")) == 4


def test_a_point_comes_with_what_it_leans_on():
    points = find_points([Source(1, "Risotto", RISOTTO)], "risotto", "en")
    by_place = {(point.note_id, point.position): point for point in points}
    glue = next(point for point in points if point.text.startswith("But if you stir"))
    whole = [point.text for point in closure(glue, by_place)]
    assert whole[0].startswith("When you stir")


def test_a_point_whose_ground_is_missing_is_no_point():
    point = Point("It does.", 1, "It does.", position=4, follows=True)
    assert closure(point, {(1, 4): point}) is None


def test_a_limit_keeps_the_best():
    text = " ".join(f"Fact number {n} is about topic {n}." for n in range(80))
    assert len(find_points([Source(1, "Facts", text)], "topic", "en", limit=10)) <= 12


def test_nothing_is_found_in_nothing():
    assert find_points([], "bread", "en") == []
    assert find_points([Source(1, "", "")], "", "en") == []


def test_the_topic_chooses_the_note_and_unrelated_ones_stay_away():
    assert choose_sources([FUND, BREAD], "why bread rises", "en") == [BREAD]


def test_without_a_topic_the_note_with_the_most_left_leads():
    used = ["Yeast eats sugar.", "Yeast makes gas.", "The dough holds the gas."]
    assert choose_sources([BREAD, FUND], "", "en", used=used)[0] == FUND


def test_a_topic_nobody_wrote_about_finds_no_note():
    assert choose_sources([BREAD, FUND], "quantum gravity", "en") == []


def test_a_pillars_note_leads():
    ours = Source(
        3, "Garden", "Tomatoes want sun. Water them early. Cut the side shoots.", True, 7
    )
    chosen = choose_sources([BREAD, FUND, ours], "", "en", pillar_id=7, pillar="Plants")
    assert chosen == [ours]


def test_a_text_goes_to_the_pillar_it_is_about():
    pillars = [(1, "Bread baking yeast"), (2, "Money saving bank")]
    assert match_pillar("Keep your money at another bank.", pillars, "en") == 2
    assert match_pillar("Cats sleep long.", pillars, "en") is None
    assert match_pillar("Cats sleep long.", [], "en") is None


def test_a_point_survives_its_storage():
    point = find_points([BREAD], "bread", "en")[0]
    assert Point.from_json({**point.to_json(), "unknown": 1}) == point
