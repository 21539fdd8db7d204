"""One conversation: context, confirmation, clarification, undo, reply."""
