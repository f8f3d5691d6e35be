"""Bodies of imports: each kind plans what a batch of records means, then writes it set by set."""
