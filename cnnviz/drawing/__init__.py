"""From ink on a canvas or any picture of a digit to the 28×28 that a network sees.

Every step is kept, and ink that cannot be a digit is refused with a reason.
"""
