"""Networks rewritten exactly: batch normalisation folded, another library's form, RepVGG's branches merged."""
