"""A short run with the contrast of senses, for as many processes as it is started in.

`python -m tests.training.with_senses FOLDER`, or under torchrun; the log goes to FOLDER. In
float32, so that the curves differ by what is done, not by how it is rounded.
"""

import sys
from pathlib import Path

from bert_core.training.engine import find_engine
from bert_core.training.logs import log_to
from bert_core.training.loop import Trainer
from bert_core.training.sense_contrast import SenseBatches
from bert_core.training.start import from_scratch
from tests.model.tiny import tiny_config, tiny_tokenizer
from tests.training.test_sense_contrast import WORDS
from tests.training.toy import toy_arguments, toy_documents

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    senses = SenseBatches(WORDS, tiny_tokenizer(), 5)
    Trainer(
        from_scratch(tiny_config(), 1), tiny_tokenizer(), toy_documents(),
        toy_arguments(sense_weight=1.0), on_progress=log_to(folder / "metrics.jsonl"),
        senses=senses, engine=find_engine(precision="float32"),
    ).run()  # fmt: skip
