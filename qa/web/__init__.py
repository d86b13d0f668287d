"""What a browser sees: the chat page, the page of a source and the routes that serve them."""
