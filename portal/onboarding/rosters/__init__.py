"""Rosters: a province's own lists of households and firms, from a workbook or text file into the register."""
