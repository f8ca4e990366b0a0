"""From a traced network to source text: classes, names, loops and statements as data, printed last."""
