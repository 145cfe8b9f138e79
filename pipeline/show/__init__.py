"""Show: a corpus, a plan or a budget for people; nothing below imports it."""
