"""`python -m dlcode`: the command line."""

import sys

from dlcode.command_line import main

sys.exit(main())
