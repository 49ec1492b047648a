"""Wikipedia and Wiktionary, asked through MediaWiki's Action API."""
