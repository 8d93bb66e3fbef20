"""``python -m labs``."""

import sys

from labs.runner.cli import main

sys.exit(main())
