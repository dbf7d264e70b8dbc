"""The page Why: saliency, occlusion, top images, a map of digits."""
