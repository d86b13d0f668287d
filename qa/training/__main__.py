"""`python -m qa.training --data DIR --work DIR`: from the data to a trained network."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from qa.environment import prepare

prepare()

from tokenizers import Tokenizer  # noqa: E402

from index.encoder import bundled_folder, open_encoder  # noqa: E402
from qa.training import negatives, questions, train  # noqa: E402
from qa.training.inputs import Inputs  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m qa.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="holds reader-train/")
    parser.add_argument("--work", type=Path, required=True, help="keeps what each step made")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given.work.mkdir(parents=True, exist_ok=True)
    data = questions.read(given.data)
    encoder = open_encoder()
    mined = negatives.mine(data, encoder, given.work)
    near = negatives.near_words(data, encoder, given.work)
    base = bundled_folder()
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    logging.info("%d passages, %d questions", len(data.passages), len(data.questions))
    made = Inputs(data, mined, near, tokenizer)
    file = train.train(made, base, given.work)
    logging.info("%s is finished", file)


if __name__ == "__main__":
    main()
