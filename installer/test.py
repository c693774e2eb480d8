"""Set up Sightline and run every check and test: `python3 installer/test.py`.

Anything after the file name goes to pytest: `python3 installer/test.py -k split`.
"""

import os
import sys

if sys.version_info < (3, 10):  # Every Python must be able to read this file, to say this.
    sys.exit("Sightline needs Python 3.10, 3.11, 3.12 or 3.13. This is Python %d.%d." % sys.version_info[:2])

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from installer.start import test  # noqa: E402

if __name__ == "__main__":
    sys.exit(test(sys.argv[1:]))
