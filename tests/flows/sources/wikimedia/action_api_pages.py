"""What is asked of each page."""

EXTRACTS = {"prop": "extracts|info", "exintro": "1", "explaintext": "1", "exlimit": "20", "inprop": "url"}
