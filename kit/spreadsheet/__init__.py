"""Spreadsheet files that people send and take away, as rows that know where they stand.

``table.read_tables`` turns the bytes of an XLSX or CSV file into tables of texts: every cell under its
heading, every row with the number that the spreadsheet shows, and everything that is no plain value
as a located problem. ``writing`` makes files that read back as they were written.
"""
