# SPDX-License-Identifier: Apache-2.0
import sys

from . import copy

if len(sys.argv) != 2:
    sys.exit("usage: python -m darse.sdc.examples FOLDER")
for notebook in copy(sys.argv[1]):
    print(notebook)
