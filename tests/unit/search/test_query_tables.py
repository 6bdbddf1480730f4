"""The tables behind understanding: colours, synonyms, languages, codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.analysis import fold
from search.documents import Language
from search.query import COLOURS, colour_named, colour_of
from search.query.codes import Code, find_codes, has_gtin_check_digit, has_isbn10_check_digit, model_key
from search.query.colours import NOT_COLOURS, WEAK_FORMS
from search.query.language import detect_language
from search.query.phrases import PHRASES
from search.query.synonyms import SYNONYMS_FILE, expansions, read_synonyms
from search.query.words import cut_out, split_words, tidy_text


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("bleu", "blue"),
        ("Bleues", "blue"),
        ("BLUE", "blue"),
        ("bleu  marine", "navy"),
        ("blanche", "white"),
        ("grey", "grey"),
        ("gray", "grey"),
        ("doré", "gold"),
        ("vert d'eau", "mint"),
        ("violette", "violet"),
        ("purple", "violet"),
    ],
)
def test_a_colours_name_in_any_form_has_one_code(word: str, code: str) -> None:
    assert colour_of(word) == code


@pytest.mark.parametrize("word", ["", "table", "bleuet", "rougeur", "black friday"])
def test_other_words_are_no_colours(word: str) -> None:
    assert colour_of(word) is None


def test_every_colour_is_found_by_its_code_and_both_labels() -> None:
    for colour in COLOURS:
        assert colour_named(colour.code) == colour
        assert colour_of(colour.code) == colour_of(colour.french) == colour_of(colour.english) == colour.code
    assert colour_named("no such colour") is None
    assert len({colour.code for colour in COLOURS}) == len(COLOURS)


def test_no_form_belongs_to_two_colours() -> None:
    forms = [fold(form) for colour in COLOURS for form in {colour.code, colour.french, colour.english, *colour.forms}]
    by_form = {form: colour_of(form) for form in forms}

    for colour in COLOURS:
        for form in colour.forms:
            assert by_form[fold(form)] == colour.code, form


def test_tables_are_written_as_they_are_looked_up() -> None:
    for name in [*PHRASES, *NOT_COLOURS, *WEAK_FORMS]:
        assert name == " ".join(fold(name).split()), name
    for form in WEAK_FORMS:
        assert any(form in fold(" ".join((c.code, c.french, c.english, *c.forms))) for c in COLOURS), form


@pytest.mark.parametrize(
    ("query", "other"),
    [
        ("aspirateur", "vacuum cleaner"),
        ("Aspirateurs", "hoover"),
        ("vacuum cleaners", "aspirateur"),
        ("frigo", "réfrigérateur"),
        ("fridge", "frigo"),
        ("télé", "téléviseur"),
        ("baskets", "sneakers"),
        ("trainers", "baskets"),
        ("machine à laver", "washing machine"),
        ("portable", "laptop"),
        ("portable", "smartphone"),
        ("ordinateur portable", "notebook"),
        ("grille-pain", "toaster"),
        ("sac à dos", "backpack"),
    ],
)
def test_a_thing_is_found_by_its_other_name(query: str, other: str) -> None:
    found = expansions(split_words(query))

    assert len(found) == 1
    assert other in found[0].alternatives


def test_a_laptop_is_never_taken_for_a_phone() -> None:
    assert not {"smartphone", "téléphone"} & set(expansions(split_words("laptop"))[0].alternatives)


def test_the_longest_name_wins_and_none_overlap() -> None:
    found = expansions(split_words("aspirateur robot et coque de téléphone"))

    assert [(one.words, one.start, one.stop) for one in found] == [
        ("aspirateur robot", 0, 2),
        ("coque de telephone", 3, 6),
    ]


def test_a_word_is_never_its_own_synonym() -> None:
    for key, others in read_synonyms(SYNONYMS_FILE).items():
        assert key not in {fold(other) for other in others}
        assert len(set(others)) == len(others) <= 8


def test_there_are_enough_synonyms_in_both_languages() -> None:
    rows = [line.split("\t") for line in SYNONYMS_FILE.read_text(encoding="utf-8").splitlines()[1:]]

    assert len(rows) >= 250
    assert all(row[0] and row[1] for row in rows)


def test_a_broken_line_of_the_table_is_named(tmp_path: Path) -> None:
    file = tmp_path / "synonyms.tsv"
    file.write_text("fr\ten\tonly\nlampe\tlamp\nbroken\n", encoding="utf-8")

    with pytest.raises(ValueError, match="line 3"):
        read_synonyms(file)


@pytest.mark.parametrize(
    ("text", "prior", "language"),
    [
        ("aspirateur sans sac pour la maison", "en", "fr"),
        ("lave-linge séchant", "en", "fr"),
        ("vacuum cleaner for pet hair", "fr", "en"),
        ("wireless headphones with noise cancelling", "fr", "en"),
        ("samsung galaxy s21", "fr", "fr"),
        ("samsung galaxy s21", "en", "en"),
        ("table", "en", "en"),
        ("", "fr", "fr"),
    ],
)
def test_the_language_of_a_query(text: str, prior: Language, language: Language) -> None:
    assert detect_language(text, split_words(text), prior=prior) == language


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("4006381333931", (Code("gtin", "04006381333931", "4006381333931"),)),
        ("livre 978-2-07-036822-8", (Code("gtin", "09782070368228", "978-2-07-036822-8"),)),
        ("036000291452", (Code("gtin", "00036000291452", "036000291452"),)),
        ("isbn 2-07-036822-X", (Code("isbn10", "207036822X", "2-07-036822-X"),)),
        ("SM-G991B/DS", (Code("model", "SMG991BDS", "SM-G991B/DS"),)),
        ("4006381333932", (Code("model", "4006381333932", "4006381333932"),)),  # wrong check digit: as typed
        ("128gb", ()),
        ("55pouces", ()),
        ("50x70", ()),
        ("iphone13", ()),
        ("casque sans fil", ()),
        ("0000000000000", (Code("model", "0000000000000", "0000000000000"),)),
    ],
)
def test_codes_in_a_query(text: str, codes: tuple[Code, ...]) -> None:
    assert find_codes(text) == codes


def test_check_digits() -> None:
    assert has_gtin_check_digit("96385074")
    assert not has_gtin_check_digit("96385075")
    assert has_isbn10_check_digit("207036822X")
    assert not has_isbn10_check_digit("2070368220")
    assert model_key("wh-1000 xm4") == "WH1000XM4"


def test_at_most_eight_codes_are_taken() -> None:
    assert len(find_codes(" ".join(f"AB-{number}00" for number in range(30)))) == 8


def test_words_are_cut_out_with_the_punctuation_left_alone() -> None:
    assert cut_out("casque, moins de 200 €", [(8, 22)]) == "casque,"
    assert cut_out("(neuf) table", [(1, 5)]) == "table"
    assert cut_out("table", []) == "table"


def test_a_tidied_text_is_one_printable_line() -> None:
    assert tidy_text("  a\tb\n\0c\u200f ") == "a b c"
    assert len(tidy_text("x" * 50_000)) == 512
