"""Set up Sightline and start it: `python3 installer/run.py`.

Opens the window on the demo project, or does the demo without a window where there is no display.
Anything after the file name goes to `main.py` instead: `python3 installer/run.py train PHOTOS`.
"""

import os
import sys

if sys.version_info < (3, 10):  # Every Python must be able to read this file, to say this.
    sys.exit("Sightline needs Python 3.10, 3.11, 3.12 or 3.13. This is Python %d.%d." % sys.version_info[:2])

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from installer.start import run  # noqa: E402

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
