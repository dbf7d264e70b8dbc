"""What a trained network does and why, from one pixel's arithmetic to accuracy, saliency and ablation.

Functions of arrays and networks; nothing here draws or knows a page.
"""
