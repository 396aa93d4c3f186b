"""One word in many sentences: where it stands, its vectors, and what is measured on them.

N = occurrences, L = layers, H = hidden size, C = clusters or labels.
"""

from __future__ import annotations

from dataclasses import dataclass

from bert_core.outputs.arrays import FloatArray


@dataclass(frozen=True)
class LabelledSentence:
    """A sentence, with the sense of the word in it if somebody said so."""

    text: str
    label: str | None = None


@dataclass(frozen=True)
class Occurrence:
    """One place where the word stands."""

    sentence: int
    """Index of its sentence."""
    start: int
    end: int
    """Characters of the sentence."""
    form: str
    """The word as it stands there."""
    label: str | None = None
    """The label of its sentence."""


@dataclass(frozen=True)
class Contexts:
    """Every occurrence of one word, with its vectors."""

    word: str
    sentences: tuple[str, ...]
    occurrences: tuple[Occurrence, ...]
    vectors: FloatArray
    """(N, L + 1, H): the mean over the word's pieces; layer 0 is the input of the first layer."""
    input_embedding: FloatArray
    """(H,): the model's own vector of the word before position and segment are added: the mean of
    its pieces' token embeddings."""
    left_out: int = 0
    """Occurrences that could not be used, being beyond the model's positions."""
    reduced: bool = False
    """Whether the vectors were computed in bfloat16, since there are many."""

    def __post_init__(self) -> None:
        assert self.vectors.ndim == 3 and len(self.vectors) == len(self.occurrences)

    @property
    def layers(self) -> int:
        """Number of the last layer."""
        last: int = self.vectors.shape[1] - 1
        return last

    @property
    def labels(self) -> tuple[str | None, ...]:
        """The label of every occurrence."""
        return tuple(occurrence.label for occurrence in self.occurrences)


PROJECTION_METHODS = {"umap": "UMAP", "tsne": "t-SNE", "pca": "PCA"}
"""The ways to make a map, and what they are called."""


@dataclass(frozen=True)
class ProjectionSettings:
    """What fixes a map, apart from the vectors."""

    method: str = "umap"
    """One of PROJECTION_METHODS."""
    dimensions: int = 2
    neighbours: int = 15
    """n_neighbors of UMAP, perplexity of t-SNE."""
    min_dist: float = 0.1
    """UMAP: how close points may lie."""
    metric: str = "cosine"
    """'cosine' or 'euclidean'."""
    seed: int = 42


@dataclass(frozen=True)
class Projection:
    """A map of the same points at every layer, aligned so that points travel."""

    settings: ProjectionSettings
    """As used: bounded to what this many points allow."""
    points: FloatArray
    """(layers of the map, N, dimensions)"""
    layers: tuple[int, ...]
    """The layer of each map."""
    notes: tuple[str, ...] = ()
    """What was bounded or reduced, in plain words."""


@dataclass(frozen=True)
class Band:
    """What shuffled labels give: where 90% of the shuffles lie, by layer."""

    low: FloatArray
    """(L + 1,)"""
    high: FloatArray
    """(L + 1,)"""


@dataclass(frozen=True)
class SenseScores:
    """How well labels can be read off the vectors, in the full dimension, by layer."""

    labels: tuple[str, ...]
    """The labels compared: those of at least two occurrences."""
    occurrences: int
    """How many occurrences have one of them."""
    nearest_neighbour: FloatArray
    """(L + 1,): share whose nearest other occurrence (cosine) has the same label."""
    centroid: FloatArray
    """(L + 1,): share whose nearest label centroid, leaving the occurrence out, is its own."""
    silhouette: FloatArray
    """(L + 1,): mean silhouette (cosine), from -1 to 1."""
    nearest_neighbour_null: Band
    centroid_null: Band
    silhouette_null: Band
    chance: float
    """Share of the most frequent label: what always answering it would get."""
    shuffles: int
    seed: int

    @property
    def best_layer(self) -> int:
        """The layer of the best centroid accuracy; the first of equals."""
        best: int = self.centroid.argmax().item()
        return best


@dataclass(frozen=True)
class Clusters:
    """Occurrences grouped without looking at labels."""

    layer: int
    members: tuple[int, ...]
    """(N,): number of the cluster of each occurrence, 0 for the largest."""
    silhouette: float
    """Mean silhouette of the grouping (cosine, the mean over all taken off); near 0 there is no
    real grouping."""
    order: tuple[int, ...]
    """Occurrences so that similar ones stand side by side: rows of the similarity matrix."""


@dataclass(frozen=True)
class RemovedWord:
    """What happens to a pair's similarity when one context word is taken out."""

    occurrence: int
    """In which of the two occurrences' sentences the word stood."""
    start: int
    end: int
    """Characters of that sentence."""
    word: str
    cosine: float
    """Cosine of the pair without the word."""
    change: float
    """`cosine` minus the cosine with the word."""


@dataclass(frozen=True)
class PairComparison:
    """Two occurrences beside each other."""

    first: int
    second: int
    cosines: FloatArray
    """(L + 1,): cosine at every layer."""
    layer: int
    """The layer the removals are measured at."""
    removals: tuple[RemovedWord, ...]
    """Largest change first."""


@dataclass(frozen=True)
class StaticVector:
    """The one vector a static model has for a word, with its nearest words."""

    source: str
    """'Word2Vec', 'input embedding', or the name of a file."""
    word: str
    vector: FloatArray | None
    """(dimension,); None when the source does not know the word."""
    neighbours: tuple[tuple[str, float], ...]
    """Nearest words and their cosine, nearest first."""
    vocabulary: int
    """How many words the source knows."""
    reason: str | None = None
    """Why there is no vector."""


@dataclass(frozen=True)
class WordSense:
    """One sense of a word in a dictionary."""

    key: str
    """Part of speech and offset in WordNet, as 'n-09213565'."""
    part_of_speech: str
    words: tuple[str, ...]
    definition: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class SenseMatch:
    """How near each sense's gloss is to one occurrence."""

    occurrence: int
    scores: tuple[float, ...]
    """Cosine to every sense, in the order of the dictionary."""
    best: int
    """Index of the nearest sense."""
