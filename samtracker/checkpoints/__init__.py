"""Weight files: manifest, download, loading and saving of networks."""
