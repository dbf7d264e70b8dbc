"""From ink on a canvas or any picture of a digit to the 28×28 that a network sees.

Every step is kept, and what is no digit by its ink is refused with a reason.
"""
