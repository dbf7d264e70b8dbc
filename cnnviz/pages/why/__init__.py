"""The page What it looks at: saliency, occlusion, top images."""
