"""`python app.py` from a clone: `quoth serve` over the bundled documents or the index there is.

Takes the arguments of `quoth serve`.
"""

import sys

try:
    from qa.cli import main
except ModuleNotFoundError as missing:
    sys.exit(f"quoth: {missing.name} is not installed; `make run` installs what is needed")

if __name__ == "__main__":
    sys.exit(main(["serve", "--sample", *sys.argv[1:]]))
