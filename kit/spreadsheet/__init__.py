"""Spreadsheet files that people send and take away, as rows that know where they stand.

``reading`` turns the bytes of an XLSX or CSV file into tables of texts: every cell under its heading,
every row with the number that the spreadsheet shows, and everything that is no plain value as a located
problem. ``records`` reads what the rows say by columns that know their headings in both languages.
``writing`` makes files that read back as they were written.
"""
