"""Who a word is: which written forms are one word, and which are forms of another."""
