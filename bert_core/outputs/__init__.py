"""Every result that leaves the core: frozen dataclasses that say what shape they have.

They hold plain Python values or numpy arrays, so that a page, a figure, a notebook and a JSON
document can all be made from them without PyTorch.
"""

from bert_core.outputs.arrays import (
    FloatArray,
    IntArray,
)
from bert_core.outputs.contexts import (
    Band,
    Clusters,
    Contexts,
    LabelledSentence,
    Occurrence,
    PairComparison,
    Projection,
    ProjectionSettings,
    RemovedWord,
    SenseMatch,
    SenseScores,
    StaticVector,
    WordSense,
)
from bert_core.outputs.encoder import (
    EncoderResult,
)
from bert_core.outputs.evaluation import (
    Evaluation,
    MaskedWordScores,
    NextSentenceScores,
)
from bert_core.outputs.masked_words import (
    FillStep,
    Guess,
    MaskedPlace,
    MaskedWords,
    MaskingResult,
    MaskPrediction,
    WordScore,
)
from bert_core.outputs.nearest import (
    CorpusSense,
    CorpusSenses,
    IndexInfo,
    NearestContext,
    NearestContexts,
)
from bert_core.outputs.sentence_pairs import (
    NextSentence,
)
from bert_core.outputs.text import (
    Encoding,
    NormalisationStep,
    TraceAttempt,
    Truncation,
    WordPieceTrace,
)

__all__ = [
    "Band",
    "Clusters",
    "Contexts",
    "CorpusSense",
    "CorpusSenses",
    "EncoderResult",
    "Encoding",
    "Evaluation",
    "FillStep",
    "FloatArray",
    "Guess",
    "IndexInfo",
    "IntArray",
    "LabelledSentence",
    "MaskPrediction",
    "MaskedPlace",
    "MaskedWordScores",
    "MaskedWords",
    "MaskingResult",
    "NearestContext",
    "NearestContexts",
    "NextSentence",
    "NextSentenceScores",
    "NormalisationStep",
    "Occurrence",
    "PairComparison",
    "Projection",
    "ProjectionSettings",
    "RemovedWord",
    "SenseMatch",
    "SenseScores",
    "StaticVector",
    "TraceAttempt",
    "Truncation",
    "WordPieceTrace",
    "WordScore",
    "WordSense",
]
