"""Quotes of a book by when they were made: a month of them is asked whenever prices are tried out."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("CREATE INDEX ix_quote_quoted_at ON quote (price_book_code, quoted_at);")
