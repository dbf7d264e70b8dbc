"""The page Mistakes: misread digits, the confusion matrix, and how sure the network is."""
