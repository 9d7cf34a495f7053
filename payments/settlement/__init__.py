"""Settlement: a provider's list of a day held against our books and the bank, row by row, to the đồng.

Reading a file      blocks and lines (CSV or XLSX) · reading (through column_maps.toml) · rules · totals · errors
Importing           importing.import_file: all or nothing, the same file twice is once
What was found      joining (by id, a table in memory) · comparing (all else) · met (what it comes to) · differences
What is paid out    payouts: the sum of a batch against one line of the bank
Putting right       adjustments: by a maker and a checker
A bank's statement  statement_reading · statement_importing · told (which line is which, so that each counts once)
"""
