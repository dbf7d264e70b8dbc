"""The page Why: saliency, occlusion, top images."""
