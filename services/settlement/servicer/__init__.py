"""The RPCs of settlement, one noun a file: facts from the request, rows from the store, a
decision, save, reply.
"""
