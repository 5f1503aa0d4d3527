"""Quotes as evaluators gave them when they were released; every one must still give the same bytes.

``evaluator_N/`` holds a book, and questions with their answers. A question that is new gets its answer
by ``python -m tests.unit.pricing.golden``; an answer that is there is never written again: a change
that would alter one raises `EVALUATOR_VERSION`, keeps the old evaluator, and begins a new folder.
"""
