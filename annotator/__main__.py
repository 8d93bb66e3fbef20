"""``python -m annotator``: see `annotator.cli`."""

import sys

from annotator.cli import main

sys.exit(main(sys.argv[1:]))
