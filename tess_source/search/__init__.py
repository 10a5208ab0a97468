"""The stages of a search: resolve, query, list, link, and select."""
