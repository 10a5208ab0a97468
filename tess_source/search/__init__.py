"""From a question to products: resolve, query, list, link, and choose."""
