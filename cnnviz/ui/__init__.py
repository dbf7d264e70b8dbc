"""What several pages share: what is chosen, what is looked up, how a picture or a table stands on a page."""
