"""What the groups and the contacts know and the FAQ does not yet: asked questions, their answers, drafts, new phrasings."""
