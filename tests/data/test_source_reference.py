"""Games, articles, recipes, countries, days become texts; each source is pinned and numbered."""

import json
from pathlib import Path

from bert_core.data.corpora import SOURCES
from bert_core.data.packages import PackageArchive
from bert_core.data.sources import archives, game_texts, reference
from bert_core.data.sources.prose import numbered
from bert_core.training.text import UNPAIRED_SOURCES
from tests.data.archive_files import dictd_files, write_debian, write_wheel

CAT = "The cat sat on the mat for a very long time."
DOG = "The dog was in the garden and it did not see the cat."
OWL = "An owl looked at the two of them from its tree."


def test_every_pinned_archive_belongs_to_one_source_and_is_named_as_its_client_names_it() -> None:
    pinned = [item for item in vars(archives).values() if isinstance(item, PackageArchive)]
    sources = list(SOURCES.values())[-len(pinned) :]
    assert sources[0].name == "austen" and [source.package for source in sources] == pinned
    assert len(pinned) == len({package.sha256 for package in pinned}) == 21
    for package in pinned:
        name, version = package.name, package.version.replace(":", "%3a")
        if package.registry == "debian":
            assert package.filename.removeprefix(f"{name}_{version}_") in ("all.deb", "amd64.deb")
        else:
            wheel = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
            assert (package.registry, package.filename) == ("pypi", wheel)
    assert set(SOURCES) >= UNPAIRED_SOURCES >= {"gcide", "days", "cataclysm", "devils-dictionary"}


def test_documents_are_named_by_their_number_also_those_with_too_little(tmp_path: Path) -> None:
    assert [item.id for item in numbered("s", [["no prose"], [CAT, DOG]])] == ["s/0", "s/1"]
    entries = [(("cat",), f"CAT, n. {CAT}\n\n{DOG} {OWL}"), (("dog",), f"DOG, n. {DOG}")]
    archive = write_debian(tmp_path / "a.deb", dictd_files("devil", entries))
    first, second = SOURCES["devils-dictionary"].read(archive)
    assert (first.id, first.source) == ("devils-dictionary/0", "devils-dictionary")
    assert first.sentences == (CAT, DOG, OWL) and second.id == "devils-dictionary/1"


def test_cataclysm_gives_what_is_said_once_without_placeholders(tmp_path: Path) -> None:
    things = [
        {"type": "x", "//": "A note to the makers of it, which is not in the game at all."},
        {"name": {"str": "cat"}, "description": {"str": f"<color_red>{CAT}</color>"}},
        {"dynamic_line": [f"It is the <the_cataclysm>, you see.\n{DOG}", "You have %d of it."]},
        {"sound": "the cat purrs at the dog of a neighbour who is away", "id": "of the and"},
    ]
    folder = "usr/share/games/cataclysm-dda/json"
    archive = write_debian(
        tmp_path / "a.deb",
        {
            f"{folder}/a.json": json.dumps(things),
            f"{folder}/b/c.json": json.dumps({"text": [CAT, DOG, "It is the end of it."]}),
            f"{folder}/names/d.json": json.dumps({"text": [OWL, f"{OWL} {DOG}", f"{OWL} {CAT}"]}),
            f"{folder}/e.json": "{ broken",
        },
    )
    sound = "the cat purrs at the dog of a neighbour who is away"
    assert list(game_texts.cataclysm(archive)) == [
        [CAT, "It is the the Cataclysm, you see.", DOG, sound]
    ]


def test_endless_sky_is_cut_into_missions_and_names_the_player(tmp_path: Path) -> None:
    mission = (
        f'mission "A"\n\tdescription `{CAT}`\n\ton offer\n\t\tconversation\n\t\t\t`{DOG}`\n'
        f'\t\t\tchoice\n\t\t\t\t`\t"Is it you, <first> <last>, with the <ship>?"`\n'
        f'\tlog "People" "Cat" `{OWL}`\n'
    )
    text = f'{mission}outfit "B"\n\tdescription "It is a small one."\n'
    archive = write_debian(
        tmp_path / "a.deb", {"usr/share/games/endless-sky/data/human/a.txt": text}
    )
    asked = '"Is it you, Alex Morgan, with the Wanderer?"'
    assert list(game_texts.endless_sky(archive)) == [[CAT, DOG, asked, OWL]]


def test_freeciv_joins_lines_that_its_files_break(tmp_path: Path) -> None:
    folder = "usr/share/games/freeciv"
    lines = CAT.replace(" mat", " \\\nmat")
    text = f'name=_("Cat")\nhelptext = _("\\\n{lines}\\n\\\n{DOG}\\\n"),\n'
    broken = OWL.replace(" looked", '",\\\n looked')
    more = f'legend=_("{broken}")\nx=_("You have %d of the cats in it.")\n'
    archive = write_debian(
        tmp_path / "a.deb",
        {f"{folder}/nation/cat.ruleset": more, f"{folder}/helpdata.txt": text, "usr/x": more},
    )
    assert list(game_texts.freeciv(archive)) == [[f"{CAT} {DOG}"], [OWL]]


def test_articles_and_recipes_of_wheels(tmp_path: Path) -> None:
    articles = {
        "Cat": {"extract": f"{CAT[:-1]} ( ; ), they say.\nToo short.\n{DOG}"},
        "None": {"extract": "Too short."},
    }
    steps = ["Boil the  egg (/)", "Peel it", "Salt it well!", "Eat all of it", "Wash the pan up"]
    dishes = {"Egg": {"title": "Boiled  egg", "steps": [*steps, "Sleep for hours."]}, "Air": {}}
    archive = write_wheel(
        tmp_path / "a.whl",
        {
            "x/data/summaries_en-us.json": json.dumps(articles),
            "x/data/summaries_fr-fr.json": json.dumps({"Chat": {"extract": DOG}}),
            "x/data/recipes_en-us.json": json.dumps(dishes),
        },
    )
    assert list(reference.wiki_vital(archive)) == [[f"{CAT[:-1]}, they say.", DOG]]
    assert list(reference.recipes(archive)) == [
        [
            "Boiled egg. Boil the egg. Salt it well! Eat all of it. Wash the pan up.",
            "Sleep for hours.",
        ]
    ]


def test_of_the_factbook_only_prose_is_taken(tmp_path: Path) -> None:
    told = "the land of the cats was ruled by dogs until the owls came to it"
    other = "note: most of the people there are fishermen who have more than one small boat"
    country = {
        "Introduction": {"Background": {"text": f"<p>{told}</p><p>{other}</p>"}},
        "Area": {"text": "total: 120,538 sq km; land: 120,408 sq km; water: 130 sq km is it"},
        "Again": {"text": told},
    }
    files = {
        "f/data/asia/aa.json": json.dumps(country),
        "f/data/asia/bb.json": json.dumps({"Again": {"text": told}}),
    }
    assert list(reference.factbook(write_wheel(tmp_path / "a.whl", files))) == [
        [f"T{told[1:]}.", f"M{other[7:]}."]
    ]


def test_days_say_the_year_first(tmp_path: Path) -> None:
    lines = "1582 - The Pope  makes a new calendar[1] for all\n44 BC – The cat is seen in Rome.\n"
    lines += "9 - It is short.\nx\n"
    folder = "d/locale/en-us"
    files = {
        f"{folder}/day_1_month_2_events.dialog": lines,
        f"{folder}/day_1_month_2_births.dialog": lines,
        f"{folder}/day_2_month_2_events.dialog": lines.splitlines()[0],
    }
    assert list(reference.days(write_wheel(tmp_path / "a.whl", files))) == [
        [
            "In 1582: The Pope makes a new calendar for all.",
            "In 44 BC: The cat is seen in Rome.",
        ]
    ]
