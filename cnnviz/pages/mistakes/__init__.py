"""The page Mistakes: misread digits and the confusion matrix."""
