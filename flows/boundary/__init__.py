"""The only door for text from outside: what comes in is storable text and typed values, or a reason
why not.
"""
