# SPDX-License-Identifier: Apache-2.0
"""Darse in Python: `darse.sdc`, statistical disclosure control on data frames."""
