"""Settlement: a provider's list of a day held against our books and the bank, row by row, to the đồng.

Reading a file      reading (CSV or XLSX through column_maps.toml) · columns · errors
Importing           importing.import_file: all or nothing, the same file twice is once
What was found      comparing (one SQL join, one row of integers for each match) · differences
What is paid out    payouts: the sum of a batch against one line of the bank
Putting right       adjustments: by a maker and a checker
A bank's statement  statement_reading · statement_importing · told (which line is which, so that each counts once)
"""
