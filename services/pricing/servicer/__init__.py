"""The RPCs of pricing, one service a file: facts from the request, rows from the store, a decision,
save, reply.
"""
