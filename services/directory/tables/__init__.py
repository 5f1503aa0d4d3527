"""The rows of schema ``directory``, one noun a file. Its constraints stand in the migrations."""
