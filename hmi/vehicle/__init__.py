"""Plan → bus → read-back."""
