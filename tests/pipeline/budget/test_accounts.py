"""Accounts: counted tokens as they were counted, the others estimated, and marked."""

from babelmill.pipeline.budget.accounts import Account, accounts, estimated_by
from babelmill.transforms.ledger import KEPT, Counts, Key, Tally


def ledger() -> Tally:
    """Chinese at 3 bytes a token, English at 5, both of `web`; `bad` keeps nothing."""
    tally = Tally()
    tally.add(Key("read", "web", "", KEPT), Counts(20, 9000, 5000))
    tally.add(Key("read", "bad", "", "read/not_json"), Counts(1, 800, 800))
    tally.add(Key("language", "web", "sv", "language/not_wanted"), Counts(1, 400, 400))
    tally.add(Key("quality", "bad", "en", "quality/too_few_words"), Counts(1, 27, 27))
    tally.add(Key("quality", "web", "zh", "quality/too_few_words"), Counts(2, 100, 40))
    for lang, size, tokens in (("zh", 3000, 1000), ("en", 5000, 1000)):
        for stage in ("tokens", "write"):
            tally.add(Key(stage, "web", lang, KEPT), Counts(5, size, size, tokens))
    return tally


def by_key(found: list[Account]) -> dict[tuple[str, str, str], Account]:
    return {(account.stage, account.source, account.lang): account for account in found}


def test_every_row_of_the_ledger_as_it_is() -> None:
    found = accounts(ledger())
    assert [tuple(account[:7]) for account in found] == [(*key, *counts[:3]) for key, counts in ledger()]
    assert all(
        account.tokens == counts.tokens
        for account, (_, counts) in zip(found, ledger(), strict=True)
        if not account.estimated
    )
    assert {account.stage for account in found if not account.estimated} == {"tokens", "write"}


def test_by_the_language_then_the_source_then_the_run() -> None:
    found = by_key(accounts(ledger()))
    assert found["quality", "web", "zh"].tokens == 33  # 100 bytes at 3
    assert found["quality", "bad", "en"].tokens == 5  # 27 bytes at 5: English, if of another source
    assert found["language", "web", "sv"].tokens == 100  # 400 bytes at the source's 4
    assert found["read", "bad", ""].tokens == 200  # 800 bytes at the run's 4
    assert all(account.estimated for account in found.values() if account.stage not in ("tokens", "write"))


def test_sums_of_what_was_dropped() -> None:
    assert estimated_by(accounts(ledger()), "outcome") == {
        "read/not_json": 200, "language/not_wanted": 100, "quality/too_few_words": 38,
    }  # fmt: skip
    assert estimated_by(accounts(ledger()), "lang") == {"": 200, "sv": 100, "zh": 33, "en": 5}


def test_of_a_run_that_kept_nothing_nothing_is_known() -> None:
    tally = Tally([(Key("read", "bad", "", "read/not_json"), Counts(1, 800, 800))])
    [account] = accounts(tally)
    assert (account.tokens, account.estimated) == (None, True)
    assert estimated_by([account], "outcome") == {}
