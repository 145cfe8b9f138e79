"""What a corpus is like, as sums that merge: histograms of what was measured, and samples of documents."""
